"""Where the processes of a gunicorn count what Prometheus asks for: each in files of its own.

Without that folder a process counts for itself alone. prometheus_client looks for it when it is
imported, so that nothing here may import it.
"""

import os
import shutil
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def keep_in(parent: Path) -> None:
    """Have the processes that this one starts count together, beginning with nothing."""
    if FOLDER in os.environ:  # of the gunicorn that this one takes over from
        return
    folder = parent / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    for other in parent.iterdir():
        if other == folder or not is_running(int(other.name)):
            shutil.rmtree(other, ignore_errors=True)
    folder.mkdir()
    os.environ[FOLDER] = str(folder)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
