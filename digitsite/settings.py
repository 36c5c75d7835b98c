import re
import sys
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from digitsite.environment import (
    SQLITE,
    VAR,
    certificates,
    database,
    env,
    hosts,
    is_public,
    kept_secret,
    names,
    origins,
    port,
    prefix,
    processes,
    rate,
    redis,
    switch,
    token,
)

DEBUG = env("DEBUG", switch)
ALLOWED_HOSTS = env("ALLOWED_HOSTS", hosts)
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS", origins)
DATABASES = {"default": env("DATABASE_URL", database)}
REDIS_URL = env("REDIS_URL", redis)
REDIS_SSL_CERT_REQS = env("REDIS_SSL_CERT_REQS", certificates)
SCRIPT_NAME = env("SCRIPT_NAME", prefix)
THROTTLE_SUBMIT = env("THROTTLE_SUBMIT", rate, "60/min")
THROTTLE_PREDICT = env("THROTTLE_PREDICT", rate, "60/min")
WEB_CONCURRENCY = env("WEB_CONCURRENCY", processes)
PORT = env("PORT", port)
SECRET_KEY = env("SECRET_KEY", str)
SECRET_KEY_FALLBACKS = env("SECRET_KEY_FALLBACKS", names)
METRICS_TOKEN = env("METRICS_TOKEN", token)

BASE_DIR = VAR.parent
PUBLIC = not DEBUG and any(map(is_public, ALLOWED_HOSTS))

if DATABASES["default"]["ENGINE"] == SQLITE:
    # REST framework imports its fields for PostgreSQL, and with them the driver, where it can.
    sys.modules["django.contrib.postgres"] = None  # type: ignore[assignment]  # as Python means it

HOW_TO_MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
if not SECRET_KEY:
    # Several machines that each made their own would not understand one another's cookies.
    if PUBLIC or DATABASES["default"]["ENGINE"] != SQLITE:
        raise ImproperlyConfigured(
            "SECRET_KEY is missing. A public site, and one on PostgreSQL, needs the same random one"
            f" in every process; make it with: {HOW_TO_MAKE_ONE}"
        )
    SECRET_KEY = kept_secret(VAR / "secret_key")
elif PUBLIC and (len(SECRET_KEY) < 16 or len(set(SECRET_KEY)) < 5):
    raise ImproperlyConfigured(
        f"SECRET_KEY can be guessed; make a random one with: {HOW_TO_MAKE_ONE}"
    )

INSTALLED_APPS = [
    "digitsite.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "digitsite.apps.StaticFiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "predictor",
]

MIDDLEWARE = [
    "digitsite.access.Access",
    "digitsite.middleware.SecurityHeaders",
    "digitsite.middleware.MethodsSurviveRedirects",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "digitsite.middleware.Locale",
    "digitsite.middleware.BodyLimit",
    "digitsite.middleware.Compression",
    "digitsite.middleware.MissingSlash",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "digitsite.middleware.Common",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "digitsite.urls"
WSGI_APPLICATION = "digitsite.wsgi.application"
CSRF_FAILURE_VIEW = "digitsite.errors.csrf_failure"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
FORCE_SCRIPT_NAME = SCRIPT_NAME or None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},  # visitors of a minute, whose requests are counted
    }
}
if REDIS_URL:
    # Seconds: nobody waits for a Redis that hangs.
    options: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    if REDIS_URL.startswith("rediss:"):
        options["ssl_cert_reqs"] = REDIS_SSL_CERT_REQS
    CACHES["default"] = {
        "BACKEND": "digitsite.cache.RedisOrMemory",
        "LOCATION": REDIS_URL,
        "OPTIONS": options,
    }

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Whoever gets a password wrong too often has to wait; others, and other addresses, need not.
AUTHENTICATION_BACKENDS = [
    "digitsite.logins.Attempts",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "digitsite.logins.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # it is over when it was said to be
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # what it keeps is gone in ten minutes
AXES_VERBOSE = False

# Seconds that staff stay logged in: half a day, and less where nothing is heard of them.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_MAX_IDLE = 2 * 3600

LANGUAGE_CODE = "en-gb"
LANGUAGES = [
    (LANGUAGE_CODE, "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"  # for who wants another one than their browser asks for
LANGUAGE_COOKIE_AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie for longer
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = f"{SCRIPT_NAME}/static/"  # the manifest's storage would not put the prefix before it
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "digitsite.storage.CompressedStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

# The largest request: 64 drawings of a quarter megabyte for predict, or one photograph of 16 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20

# Nothing inline and nothing from elsewhere; data: and blob: pictures are the visitor's own.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

# A public site speaks HTTPS through the proxy before it, which says so in this header.
SECURE_SSL_REDIRECT = PUBLIC
# Load balancers and Prometheus ask each machine for these, over plain HTTP.
SECURE_REDIRECT_EXEMPT = [f"^{re.escape(SCRIPT_NAME[1:])}/?(healthz|metrics)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PUBLIC
# What else the host has beside the site's prefix shall neither see its cookies nor overwrite them.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = SCRIPT_NAME or "/"
# Other sites under the same domain are not ours to force to HTTPS.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# The one page to log in on looks itself: no request of a visitor passes a middleware for it.
SILENCED_SYSTEM_CHECKS += ["axes.W002"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "predictor.api.schema.BodySchema",
    "DEFAULT_THROTTLE_RATES": {
        "submit": THROTTLE_SUBMIT,
        "predict": THROTTLE_PREDICT,
        "models": THROTTLE_PREDICT,
        "download": "6/min",
        "export": "6/min",
    },
    # Whose requests are counted: the address that the proxy saw, not one that the caller claims.
    "NUM_PROXIES": 1 if PUBLIC else 0,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Digit recognizer",
    "DESCRIPTION": "Reads hand-drawn digits. What is submitted is kept until you delete it: you see"
    " it again, and so do the reviewers of this site, who check what was read and by whose labels"
    " the network learns. Other visitors don't see it.",
    "VERSION": "1",
    "SERVERS": [{"url": SCRIPT_NAME}] if SCRIPT_NAME else [],
    "COMPONENT_SPLIT_PATCH": False,  # what PATCH takes here may not be left out
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "predictor.api.schema.add_links",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # A link to each call would be a link in a button.
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "digitsite.logs.JSONFormatter"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
        }
    },
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        # Django would mail the administrators.
        "django": {"handlers": [], "level": "INFO"},
        # That something was not found or not allowed is said by the line of the request.
        "django.request": {"level": "ERROR"},
        # Of each password that was wrong it has four lines to say, and of each that was right.
        "axes": {"level": "WARNING"},
        # Any stranger can send a wrong host name, and many do.
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
        # It warns of every answer to HEAD: Django leaves it to the server to drop the body.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}
