"""The settings of the tests: those of production, with harmless secrets and nothing kept.

What a developer has set in the shell for `manage.py runserver` must not change the tests.
"""

import os
import tempfile

for name in ("DEBUG", "DEMO", "SITE_URL", "STRIPE_API_BASE", "WEBHOOK_ALLOW_LOOPBACK"):
    os.environ[name] = ""
for name in ("SECRET_KEY", "MASTER_KEY", "PAIRWISE_KEY"):
    os.environ[name] = f"of the tests only, {name}, long enough for every check"
os.environ["STRIPE_SECRET_KEY"] = "sk_test_of_the_tests"
os.environ["STRIPE_WEBHOOK_SECRETS"] = "whsec_of_the_tests"
os.environ["EMBEDDED_ROLE"] = "signet_owner"  # makes the tests' database and its tables

from portal.settings import *  # noqa: E402, F403
from portal.settings import BROKER_PORT, MIDDLEWARE, STORAGES  # noqa: E402

# Runs side by side (pytest-xdist) each have their own database, and of the broker their own part.
RUN = int(os.getenv("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = CELERY_BROKER_URL = (
    os.getenv("REDIS_URL") or f"redis://127.0.0.1:{BROKER_PORT}/{RUN + 1}"
)
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

STRIPE_API_BASE = "http://127.0.0.1:9"  # nobody: a test that pays starts the local peer

_kept = tempfile.TemporaryDirectory(prefix="signet-tests-")
MEDIA_ROOT = _kept.name
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
MIDDLEWARE = [each for each in MIDDLEWARE if "whitenoise" not in each]
