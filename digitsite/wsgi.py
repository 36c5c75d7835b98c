import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from digitsite.memory import give_back_large_blocks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digitsite.settings")

django = get_wsgi_application()
give_back_large_blocks()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    # Django would decode the query and the body with any codec that the client names, be it zlib,
    # and fails outside of all error handling when that goes wrong. All here is UTF-8.
    content_type = environ.get("CONTENT_TYPE", "")
    environ["CONTENT_TYPE"] = re.sub(r";\s*charset=[^;]*", "", content_type, flags=re.IGNORECASE)
    return django(environ, start_response)
