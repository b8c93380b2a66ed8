"""All who answer: importing them registers them."""

from messaging.api import (
    account_links,
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
    "account_links",
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
