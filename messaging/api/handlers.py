"""All who answer: importing them registers them."""

from messaging.api import accounts, apps, messages, profiles, templates

__all__ = ["accounts", "apps", "messages", "profiles", "templates"]
