import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-f", ROOT / "Makefile", *arguments]
    # Where make runs the tests, this one is not its child.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)


def test_it_says_which_python_is_needed_when_none_fits(tmp_path):
    done = make(tmp_path, ".venv/bin/pip", "PYTHON=")
    assert done.returncode == 2
    assert done.stdout.startswith("Python 3.11, 3.12 or 3.13 is needed and none was found")


def test_it_says_how_to_get_virtual_environments_when_python_lacks_them(tmp_path):
    done = make(tmp_path, ".venv/bin/pip", "PYTHON=false")
    assert done.returncode == 2
    assert "run 'sudo apt install python3-venv'" in done.stdout
    assert not (tmp_path / ".venv").exists()


def test_it_takes_the_python_of_a_fresh_machine(tmp_path):
    done = make(tmp_path, "--dry-run", ".venv/bin/pip")
    assert re.search("^python3[.0-9]* -m venv --clear .venv$", done.stdout, re.MULTILINE)


def test_retraining_installs_what_it_needs_first(tmp_path):
    (tmp_path / "ml").mkdir()
    for name in ("requirements.txt", "ml/requirements.txt", "constraints.txt"):
        (tmp_path / name).touch()
    steps = make(tmp_path, "--dry-run", "retrain").stdout
    assert steps.index("-r ml/requirements.txt") < steps.index("manage.py retrain")


def test_gunicorn_never_gets_an_empty_number_of_processes(tmp_path, monkeypatch):
    (tmp_path / "show.mk").write_text("show:\n\t@env\n")
    for value, is_passed_on in ((" ", False), ("3", True)):
        monkeypatch.setenv("WEB_CONCURRENCY", value)
        said = make(tmp_path, "-f", str(tmp_path / "show.mk"), "show").stdout
        assert ("\nWEB_CONCURRENCY=" in f"\n{said}") is is_passed_on


def test_the_audit_fails_where_something_could_not_be_audited(tmp_path):
    steps = make(tmp_path, "--dry-run", "audit").stdout
    assert re.search("pip-audit .*constraints.txt .*--strict", steps)
