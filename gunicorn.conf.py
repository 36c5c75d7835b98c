import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured

try:
    from digitsite import settings
except ImproperlyConfigured as error:
    sys.exit(f"The site is not set up right: {error}")

# A process a core; its threads keep slow connections from holding up the others.
workers = settings.WEB_CONCURRENCY
threads = 4
# It would lie outside var/, and nothing here speaks to it.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    from predictor import classifier  # not before Django is set up

    classifier.watch()
