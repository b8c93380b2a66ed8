from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import business_facts, checks, couplings  # noqa: F401  (they register and connect)
