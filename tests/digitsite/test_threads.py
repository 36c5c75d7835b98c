"""NumPy's products run in one thread in each process of the site, however it is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TASKS = Path("/proc/self/task")
COUNT = "import os, numpy; print(len(os.listdir('/proc/self/task')))"
STARTS = {
    "any WSGI server": ["-c", f"import digitsite.wsgi; {COUNT}"],
    "gunicorn's settings": ["-c", f"import runpy; runpy.run_path('gunicorn.conf.py'); {COUNT}"],
    "manage.py": ["manage.py", "shell", "--no-imports", "-c", COUNT],
}


@pytest.mark.skipif(not TASKS.exists(), reason="only Linux tells the threads of a process")
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_numpy_has_no_threads_of_its_own(start):
    clean = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, *start], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"
