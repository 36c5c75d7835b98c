import re
import shutil
import signal
import subprocess
import sys

import pytest

from tests.support.serving import ROOT, site, wait_for

IS_COLLECTED = "import runpy; print(runpy.run_path('gunicorn.conf.py')['is_collected']())"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The repository as it comes, without what make and the site write."""
    path = tmp_path_factory.mktemp("clone") / "digits"
    shutil.copytree(ROOT, path, ignore=shutil.ignore_patterns("var", ".*", "__pycache__"))
    return path


def is_collected(clone) -> bool:
    command = [sys.executable, "-c", IS_COLLECTED]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True)
    return done.stdout == "True\n"


def test_a_site_whose_static_files_nobody_collected_shows_its_pages(clone, tmp_path):
    assert not is_collected(clone)
    with site(tmp_path, root=clone) as started:
        page = started.ask("/")
        assert page.status == 200
        stylesheet = re.search(r"/static/css/base\.[0-9a-f]+\.css", page.read().decode())
        assert started.ask(stylesheet[0]).status == 200
    assert is_collected(clone)
    (clone / "static" / "css" / "new.css").touch()
    assert not is_collected(clone)


def test_a_reload_takes_up_new_code_settings_and_static_files(clone, tmp_path):
    def is_new() -> bool:
        page = started.ask("/")
        stylesheet = re.search(r"/static/css/base\.[0-9a-f]+\.css", page.read().decode())
        return (
            "sandbox" in page.headers["Content-Security-Policy"]
            and b"/* new */" in started.ask(stylesheet[0]).read()
        )

    with site(tmp_path, root=clone) as started:
        assert not is_new()
        with (clone / "digitsite" / "settings.py").open("a") as settings:
            settings.write('CONTENT_SECURITY_POLICY += "; sandbox"\n')
        with (clone / "static" / "css" / "base.css").open("a") as stylesheet:
            stylesheet.write("/* new */\n")
        started.process.send_signal(signal.SIGHUP)
        wait_for(is_new)


def test_it_says_when_they_can_not_be_collected(tmp_path, clone):
    shutil.rmtree(clone / "var" / "static", ignore_errors=True)
    (clone / "var").mkdir(exist_ok=True)
    (clone / "var" / "static").touch()
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "digitsite.wsgi"],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    assert done.stderr.strip().endswith("its static files could not be collected, see above")


def test_another_server_says_that_they_are_missing(clone):
    shutil.rmtree(clone / "var", ignore_errors=True)
    command = [sys.executable, "-W", "ignore", "-c", "import digitsite.wsgi"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True)
    assert "collectstatic --noinput" in done.stdout
