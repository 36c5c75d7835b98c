import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured

try:
    from digitsite import settings
except ImproperlyConfigured as error:
    sys.exit(f"The site is not set up right: {error}")

# A process a core; its threads keep slow connections from holding up the others. Some are for what
# needs no database, while others wait for one that hangs: see digitsite/backends.
workers = settings.WEB_CONCURRENCY
threads = 8
# It would lie outside var/, and nothing here speaks to it.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    from digitsite.backends import waiting
    from predictor import classifier, upkeep  # not before Django is set up

    waiting.serve()
    classifier.watch()
    upkeep.watch()
