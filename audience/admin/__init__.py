from audience.admin import devices, imports, rules  # noqa: F401  (they register)
