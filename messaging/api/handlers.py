"""All who answer: importing them registers them."""

from messaging.api import accounts, apps, media, messages, profiles, templates

__all__ = ["accounts", "apps", "media", "messages", "profiles", "templates"]
