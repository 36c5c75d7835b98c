import logging
import os
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from digitsite.memory import give_back_large_blocks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")

django = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # and not for the first who asks
give_back_large_blocks()

if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
    # Gunicorn collects them itself; this is another server.
    logging.getLogger(__name__).error(
        "No page can be shown before the static files are collected. Run"
        " `python manage.py collectstatic --noinput`, then start the site again."
    )


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    # Django would decode the query and the body with any codec that the client names, be it zlib,
    # and fails outside of all error handling when that goes wrong. All here is UTF-8.
    content_type = environ.get("CONTENT_TYPE", "")
    environ["CONTENT_TYPE"] = re.sub(r";\s*charset=[^;]*", "", content_type, flags=re.IGNORECASE)
    path = environ.get("PATH_INFO", "")
    # The proxy or the server before may have taken the prefix off already.
    if settings.SCRIPT_NAME and f"{path}/".startswith(f"{settings.SCRIPT_NAME}/"):
        environ["PATH_INFO"] = path.removeprefix(settings.SCRIPT_NAME)
    return django(environ, start_response)
