"""What must not be so in production: asked by `check --deploy`."""

import os

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# What only `make run` and tests may set, and what it would do to a real site.
NOT_IN_PRODUCTION = {
    "DEMO": "its doors let anyone in, without a password",
    "WEBHOOK_ALLOW_LOOPBACK": "webhooks could reach services inside your network",
}
# What works without being set, but not as one wants it of a real site.
NEEDED_IN_PRODUCTION = {
    "DATABASE_URL": "the embedded database is for one machine and has no backup",
    "REDIS_URL": "the embedded broker is for one machine",
    "EMAIL_HOST": "mails are written to a folder instead of being sent",
}


@register(Tags.security, deploy=True)
def no_demo_in_production(app_configs, **kwargs) -> list[CheckMessage]:
    return [
        Error(f"{name} is set: {harm}.", hint=f"Unset {name}.", id=f"signet.E{number:03}")
        for number, (name, harm) in enumerate(NOT_IN_PRODUCTION.items(), 1)
        if getattr(settings, name)
    ]


@register(deploy=True)
def servers_of_ones_own(app_configs, **kwargs) -> list[CheckMessage]:
    return [
        Warning(f"{name} is not set: {harm}.", hint=f"Set {name}.", id=f"signet.W{number:03}")
        for number, (name, harm) in enumerate(NEEDED_IN_PRODUCTION.items(), 1)
        if not os.getenv(name)
    ]
