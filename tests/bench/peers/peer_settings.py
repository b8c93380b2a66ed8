"""The smallest Django in which a peer runs, on the same PostgreSQL. Needs none of our code."""

import json
import os

SECRET_KEY = "of the benchmark"
DATABASES = {"default": json.loads(os.environ["PEER_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    *os.environ["PEER_APPS"].split(","),
]
EMAIL_BACKEND = "post_office.EmailBackend"
POST_OFFICE = {
    "BACKENDS": {"default": "django.core.mail.backends.dummy.EmailBackend"},
    "BATCH_SIZE": 5_000,
    "THREADS_PER_PROCESS": 4,
}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
ALLOWED_HOSTS = ["*"]
