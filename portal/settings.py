"""Every setting, in the order a request meets it. Secrets come only from the environment.

Each variable is listed with its default in docs/operations.md.
"""

import os
import re
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal.database import database
from portal.timetable import TIMETABLE

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.getenv("VAR_DIR") or BASE_DIR / "var")
DEBUG = os.getenv("DEBUG") == "1"
DEMO = os.getenv("DEMO") == "1"


def secret(name: str) -> str:
    """A value production must provide; under DEBUG a harmless stand-in is enough."""
    if value := os.getenv(name, "insecure-stand-in-for-development-only-" + name if DEBUG else ""):
        return value
    raise ImproperlyConfigured(f"Set the environment variable {name}.")


def listed(name: str, default: str = "") -> list[str]:
    """A comma-separated variable as a list without blanks."""
    return [item.strip() for item in os.getenv(name, default).split(",") if item.strip()]


# Ports: one is chosen, the others of the embedded parts follow it.
PORT = int(os.getenv("PORT", "8000"))
DATABASE_PORT, BROKER_PORT, STRIPE_PEER_PORT, STRIPE_ENGINE_PORT = (PORT + n for n in range(1, 5))

# Secrets.
SECRET_KEY = secret("SECRET_KEY")
# Seals stored secrets and documents; lose it and they can't be read again.
MASTER_KEY = secret("MASTER_KEY")
# The key of the pairwise numbers (FF1); changing it changes every number.
PAIRWISE_KEY = secret("PAIRWISE_KEY")

# Hosts.
SITE_URL = os.getenv("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
ALLOWED_HOSTS = listed(
    "ALLOWED_HOSTS",
    "localhost,127.0.0.1,testserver" if DEBUG else urlsplit(SITE_URL).hostname or "",
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
OPERATOR_NAME = os.getenv("OPERATOR_NAME", "Signet")

# What makes a demo easy would open a real site to anyone.
IS_LOCAL = urlsplit(SITE_URL).hostname in ("localhost", "127.0.0.1")
for name in ("DEMO", "STRIPE_API_BASE", "WEBHOOK_ALLOW_LOOPBACK"):
    if os.getenv(name, "0") not in ("", "0") and not (DEBUG or IS_LOCAL):
        raise ImproperlyConfigured(f"{name} is for demos on this machine: unset it for {SITE_URL}.")

if not DEBUG:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SITE_URL.startswith("https://")
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
SESSION_COOKIE_NAME = "signet_session"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Content security: nothing but our own files; no inline script or style, no nonces.
FRAME_ANCESTORS = listed("FRAME_ANCESTORS")  # origins that may frame the people's inbox
for origin in FRAME_ANCESTORS:
    if not re.fullmatch(r"https?://(\*\.)?[a-z0-9.-]+(:\d+)?", origin):
        raise ImproperlyConfigured(f"FRAME_ANCESTORS lists origins, https://host; not {origin}.")
STRIPE_API_BASE = os.getenv("STRIPE_API_BASE", "").rstrip("/")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "worker-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Posting the plan form ends, by redirect, at Stripe's hosted pages.
        "form-action": [
            SELF,
            STRIPE_API_BASE or "https://checkout.stripe.com",
            STRIPE_API_BASE or "https://billing.stripe.com",
            STRIPE_API_BASE or "https://connect.stripe.com",
        ],
        "report-uri": "/csp-report/",
    }
}

INSTALLED_APPS = [
    "portal",
    "portal.base",
    "profiles",
    "trust",
    "billing",
    "audience",
    "messaging",
    "unfold.apps.BasicAppConfig",  # our own site instead of its site
    "unfold.contrib.filters",
    "portal.admin_config.SignetAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_celery_beat",
    "django_cotton.apps.SimpleAppConfig",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "portal.base.request_id.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "portal.base.plain_requests.PlainRequests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.csp.AdminStyles",
    "portal.csp.FramedInbox",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.last_seen.LastSeen",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.clock.StaffClock",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "portal.base.icons.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# The database: PostgreSQL. Empty means the embedded one, which `make run` starts. The app
# connects as a plain role; `migrate` and the tests as the owner of the tables.
EMBEDDED_ROLE = os.getenv("EMBEDDED_ROLE", "signet_app")
DATABASE_URL = (
    os.getenv("DATABASE_URL")
    or f"postgres://{EMBEDDED_ROLE}:signet@127.0.0.1:{DATABASE_PORT}/signet"
)
DATABASES = {"default": database(DATABASE_URL)}
# What every message costs is planned once a connection (portal.base.prepared). PREPARED=0 where a
# pooler in between can't keep that (PgBouncer before 1.21).
if os.getenv("PREPARED", "1") == "1":
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 0
if pool_size := int(os.getenv("DATABASE_POOL", "0")):  # set for the web only: at least its threads
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": pool_size, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker: wake-ups, cache and live events. Nothing that matters lives only here.
REDIS_URL = os.getenv("REDIS_URL") or f"redis://127.0.0.1:{BROKER_PORT}/0"
CACHES = {"default": {"BACKEND": "portal.base.cache.ForgivingCache", "LOCATION": REDIS_URL}}
# Where /healthz finds the event streams; empty means in the same process as the pages.
EVENTS_ADDRESS = os.getenv("EVENTS_ADDRESS", "").rstrip("/")
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# Background work. The database is the truth, so a lost task is found again by a sweeper.
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Nothing is ordered from outside; and a subscription that is half open makes a worker deaf, since
# kombu reads it without a time limit.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BEAT_SCHEDULER = "portal.beat.Scheduler"
CELERY_BEAT_SCHEDULE = TIMETABLE
CELERY_TIMEZONE = "UTC"

# People who have accounts: members of businesses, and staff. The messenger's people have none.
AUTH_USER_MODEL = "profiles.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/w/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "profiles.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900  # seconds; mails may be slow
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_RATE_LIMITS = {"confirm_email": "3/3m/key"}  # the first code and two new ones
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(SITE_URL).scheme
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = OPERATOR_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
USERSESSIONS_TRACK_ACTIVITY = True
# Proxies of our own in front, each adding to X-Forwarded-For. With 0 all visitors behind one count
# as one, also for how often one may sign in.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.getenv("TRUSTED_PROXIES", "0"))

# People may sign in at an OpenID Connect provider of the operator's. The claim holds the id that
# the messenger has of a person. Empty: they come by one-time links only.
OIDC_ISSUER = os.getenv("OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = os.getenv("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = secret("OIDC_CLIENT_SECRET") if OIDC_ISSUER else ""
OIDC_CLAIM = os.getenv("OIDC_CLAIM", "sub")
OIDC_SCOPE = os.getenv("OIDC_SCOPE", "openid")

# Mail. Without a host, mails are written to var/mail.
EMAIL_HOST = os.getenv("EMAIL_HOST", "")
EMAIL_PORT = int(os.getenv("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.getenv("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.getenv("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.getenv("EMAIL_USE_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
EMAIL_FILE_PATH = Path(os.getenv("EMAIL_FILE_PATH") or VAR / "mail")
DEFAULT_FROM_EMAIL = os.getenv(
    "DEFAULT_FROM_EMAIL", f"{OPERATOR_NAME} <no-reply@{urlsplit(SITE_URL).hostname}>"
)

# Money. STRIPE_API_BASE empty means Stripe itself.
if STRIPE_API_BASE:
    os.environ.setdefault("STRIPE_SECRET_KEY", "sk_test_local")
    os.environ.setdefault("STRIPE_WEBHOOK_SECRETS", "whsec_local")
STRIPE_SECRET_KEY = secret("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRETS = listed("STRIPE_WEBHOOK_SECRETS")
STRIPE_AUTOMATIC_TAX = os.getenv("STRIPE_AUTOMATIC_TAX") == "1"
# Empty: what the Stripe account offers where the buyer is. Else such as card,pix or card,upi.
STRIPE_PAYMENT_METHODS = listed("STRIPE_PAYMENT_METHODS")
# Payments in chats: "0" switches them off for all; the operator's fee in hundredths of a percent.
PAYMENT_REQUESTS = os.getenv("PAYMENT_REQUESTS", "1") == "1"
PAYMENT_FEE_BASIS_POINTS = int(os.getenv("PAYMENT_FEE_BASIS_POINTS", "100"))

# The APIs.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Signet",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AudienceCategory": "audience.models.Category",
        "Standing": "profiles.models.Profile.Standing",
        "TemplateCategory": "messaging.models.Template.Category",
    },
}

# Files. Uploads are sealed or written anew before they are stored; nothing is served from
# MEDIA_ROOT directly.
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.getenv("STATIC_ROOT") or VAR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(os.getenv("MEDIA_ROOT") or VAR / "media")
# Uploads lie in MEDIA_ROOT, or in a bucket that nobody else reads: then by S3's protocol.
if bucket := os.getenv("S3_BUCKET", ""):
    uploads = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "access_key": secret("S3_ACCESS_KEY"),
            "secret_key": secret("S3_SECRET_KEY"),
            "endpoint_url": os.getenv("S3_ENDPOINT") or None,  # empty: Amazon's own
            "region_name": os.getenv("S3_REGION") or None,
            "file_overwrite": False,
            "max_memory_size": 2 * 1024 * 1024,  # what is larger waits on disk while it is read
        },
    }
else:
    uploads = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
STORAGES = {
    "default": uploads,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Words and clocks.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "portal.formats"
TIME_ZONE = "UTC"
USE_TZ = True

# People are spread over this many buckets; a chunk of a campaign is one bucket. Set once, a power
# of two.
BUCKETS = int(os.getenv("BUCKETS", "1024"))
# Most adverts a week to a person who has not chosen a number.
ADS_PER_WEEK = int(os.getenv("ADS_PER_WEEK", "7"))
# About how many people one transaction of a campaign sends to, of one bucket or of several small
# ones. Who blocks waits for the transaction in hand, a fraction of a second.
CHUNK_PEOPLE = int(os.getenv("CHUNK_PEOPLE", "5000"))
# How long a campaign's random first batch is watched before the rest goes out.
FIRST_BATCH_HOLD = timedelta(minutes=float(os.getenv("FIRST_BATCH_HOLD_MINUTES", "30")))
# Privacy of audience counts: the scale of the noise of one snapshot, and days between snapshots
# (0.1 where they come weekly). What they promise: docs/privacy.md.
EPSILON = Fraction(os.getenv("EPSILON", "0.2"))
SNAPSHOT_DAYS = int(os.getenv("SNAPSHOT_DAYS", "28"))
# Hosts a webhook may reach although they are not public (tests and `make run` only).
WEBHOOK_ALLOW_LOOPBACK = os.getenv("WEBHOOK_ALLOW_LOOPBACK") == "1"
# Hosts of messengers' gateways that are inside the operator's own network: http, any port.
GATEWAY_HOSTS = listed("GATEWAY_HOSTS")
# Web push: our key, 32 bytes as base64url (empty: one made from MASTER_KEY), and whom push services
# write to about it.
VAPID_PRIVATE_KEY = os.getenv("VAPID_PRIVATE_KEY", "")
VAPID_CONTACT = os.getenv("VAPID_CONTACT", f"mailto:push@{urlsplit(SITE_URL).hostname}")
# How often an app may call the messaging API.
API_CALLS_A_SECOND = int(os.getenv("API_CALLS_A_SECOND", "80"))
# Whether a call is logged before it is answered, instead of up to a second later.
API_LOG_AT_ONCE = os.getenv("API_LOG_AT_ONCE") == "1"

# Pages of their own: what is logged, and the look of the admin.
from portal.logs import LOGGING  # noqa: E402, F401
from portal.unfold import UNFOLD  # noqa: E402, F401
