"""What is logged, and how a line looks. A part of settings.py."""

import os

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(request_id)s %(name)s %(message)s"}
    },
    "filters": {
        # Whoever asks for the state keeps the answers; here they would hide all else.
        "not_healthz": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: "/healthz" not in record.getMessage(),
        },
        "named": {"()": "portal.base.request_id.NameRequest"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["not_healthz", "named"],
        }
    },
    "root": {"handlers": ["console"], "level": os.getenv("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": []},
        "django.request": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
    },
}
