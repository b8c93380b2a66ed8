from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from messaging import staff_figures, steps  # noqa: F401  (they register)

        # These connect their receivers.
        from messaging.services import payments  # noqa: F401
        from messaging.services.campaigns import lost_standing, numbers  # noqa: F401
        from messaging.services.conversations import automatic_replies, response_times  # noqa: F401
        from messaging.services.gateway import queue  # noqa: F401
        from messaging.services.integrators import traces  # noqa: F401
        from messaging.services.people import erasure, notices, push  # noqa: F401
        from messaging.services.webhooks import account_events, events  # noqa: F401
