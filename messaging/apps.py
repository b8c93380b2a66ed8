from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from messaging import staff_figures, steps  # noqa: F401  (they register)
        from messaging.services import (  # noqa: F401  (they connect their receivers)
            account_events,
            automatic_replies,
            campaign_numbers,
            erasure,
            gateway_queue,
            integrator_traces,
            lost_standing,
            payments,
            person_notices,
            push,
            response_times,
            webhook_events,
        )
