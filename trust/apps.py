from django.apps import AppConfig


class TrustConfig(AppConfig):
    name = "trust"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from trust import staff_figures  # noqa: F401  (it registers)
        from trust.services import returning  # noqa: F401  (connects its receiver)
