from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AudienceConfig(AppConfig):
    name = "audience"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audience.services.rules import add_missing_rules

        post_migrate.connect(add_missing_rules, sender=self)
