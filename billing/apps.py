from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class BillingConfig(AppConfig):
    name = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        refuse_unsafe_keys(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.DEBUG)
        from billing import checks, staff_figures, steps  # noqa: F401  (they register)
        from billing.services import (  # noqa: F401  (they connect and register)
            endings,
            limits,
            pauses,
            paying,
            payment_refunds,
            refunds,
        )


def refuse_unsafe_keys(key: str, base: str, debug: bool) -> None:
    """Stop the start before real money meets a stand-in, or a debugger.

    Arguments:
        key: STRIPE_SECRET_KEY.
        base: STRIPE_API_BASE; set means a local peer.
    """
    if not key.startswith(("sk_live_", "rk_live_")):
        return
    if base:
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY is a live key, but STRIPE_API_BASE names a local Stripe. "
            "Unset one of them."
        )
    if debug:
        raise ImproperlyConfigured("STRIPE_SECRET_KEY is a live key, but DEBUG is on.")
