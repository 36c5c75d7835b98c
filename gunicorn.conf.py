import os
import subprocess
import sys
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# Read again at a reload, it is to find the code and the settings of then; so are the new workers,
# which begin with what was imported here.
for name in [name for name in sys.modules if name.partition(".")[0] == "digitsite"]:
    del sys.modules[name]

from digitsite import counting  # noqa: E402  # after the above
from digitsite.locks import locked  # noqa: E402

try:
    from digitsite import settings
except ImproperlyConfigured as error:
    sys.exit(f"The site is not set up right: {error}")

if "PORT" in os.environ:
    bind = f"0.0.0.0:{settings.PORT}"
# A process a core.
workers = settings.WEB_CONCURRENCY
worker_class = "digitsite.worker.Worker"
# They wait for slow clients; a few at a time run Django.
threads = 64
# It would lie outside var/, and nothing here speaks to it.
control_socket_disable = True
# Nobody who asks may say below which path the site lies.
forwarder_headers = ""


def on_starting(server: Any) -> None:
    counting.keep_in(settings.VAR / "metrics")
    collect(server)


def on_reload(server: Any) -> None:
    collect(server)


def collect(server: Any) -> None:
    """Collects what the pages link to, where that was not done for this version."""
    with locked(settings.VAR):
        if not is_collected():
            server.log.info("Collecting the static files")
            command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
            if subprocess.run(command, cwd=settings.BASE_DIR).returncode:
                sys.exit("The site can't start: its static files could not be collected, see above")


def is_collected() -> bool:
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    sources = [settings.BASE_DIR / name for name in ("requirements.txt", "constraints.txt")]
    for folder in settings.STATICFILES_DIRS:
        sources += [folder, *folder.rglob("*")]
    newest = max(source.stat().st_mtime for source in sources)
    return manifest.exists() and manifest.stat().st_mtime > newest


def post_worker_init(worker: Any) -> None:
    from digitsite.backends import waiting
    from predictor import maintenance  # not before Django is set up
    from predictor.registry import serving

    waiting.serve()
    serving.watch()
    maintenance.watch()
