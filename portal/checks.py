"""What must not be so in production: asked by `check --deploy`."""

from django.conf import settings
from django.core.checks import Error, Tags, register

# What only `make run` and tests may set, and what it would do to a real site.
NOT_IN_PRODUCTION = {
    "DEMO": "its doors let anyone in, without a password",
    "STRIPE_API_BASE": "money would go to a local stand-in for Stripe",
    "WEBHOOK_ALLOW_LOOPBACK": "webhooks could reach services inside your network",
}


@register(Tags.security, deploy=True)
def no_demo_in_production(app_configs, **kwargs) -> list[Error]:
    return [
        Error(f"{name} is set: {harm}.", hint=f"Unset {name}.", id=f"signet.E{number:03}")
        for number, (name, harm) in enumerate(NOT_IN_PRODUCTION.items(), 1)
        if getattr(settings, name)
    ]
