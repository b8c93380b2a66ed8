"""All who answer: importing them registers them."""

from messaging.api import (
    accounts,
    apps,
    blocking,
    links,
    media,
    messages,
    profiles,
    settings,
    templates,
    uploads,
)

__all__ = [
    "accounts",
    "apps",
    "blocking",
    "links",
    "media",
    "messages",
    "profiles",
    "settings",
    "templates",
    "uploads",
]
