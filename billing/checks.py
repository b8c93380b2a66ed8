"""What must be right before money flows, for `check --deploy`."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def stripe_is_set_up(app_configs, **kwargs) -> list[Error]:
    """In production Stripe itself is used, with a key and at least one webhook secret."""
    errors = []
    if settings.STRIPE_API_BASE:
        errors.append(Error("STRIPE_API_BASE names a local Stripe. Unset it.", id="billing.E001"))
    if not settings.STRIPE_SECRET_KEY:
        errors.append(Error("Set STRIPE_SECRET_KEY.", id="billing.E002"))
    if not settings.STRIPE_WEBHOOK_SECRETS:
        errors.append(
            Error(
                "Set STRIPE_WEBHOOK_SECRETS.",
                hint="`manage.py billing_sync_catalog` makes the endpoint and shows its secret.",
                id="billing.E003",
            )
        )
    return errors
