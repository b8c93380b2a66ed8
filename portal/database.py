"""Where the database is, from one address. Used by settings.py."""

from urllib.parse import parse_qs, unquote, urlsplit


def database(url: str) -> dict:
    """A postgres:// address as Django's settings; its query string becomes connection options."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "OPTIONS": {key: values[-1] for key, values in parse_qs(parts.query).items()},
    }
