"""The site's settings with one address: a bare view to compare with, on the same server."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench._bare_urls"
