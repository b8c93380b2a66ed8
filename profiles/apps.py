from importlib import import_module

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from profiles.permissions import keep_groups

        keep_groups()
        for registers in ("profiles.steps", "profiles.staff_figures"):
            import_module(registers)
