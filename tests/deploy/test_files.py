"""What is in deploy/ and for platforms, as far as its own programs can tell."""

import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from tests.support.machines import Nginx
from tests.support.serving import ROOT

SETTINGS = set(re.findall("^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def need(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed here")


def test_nginx_accepts_its_configuration(tmp_path):
    need("nginx")
    need("openssl")
    nginx = Nginx(tmp_path / "nginx", 8000, 8001)
    done = subprocess.run(nginx.command("-t"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


@pytest.mark.parametrize("name", ["digits.service", "digits-retrain.service"])
def test_systemd_accepts_its_units_and_finds_little_exposed(tmp_path, name):
    need("systemd-analyze")
    for unit in (ROOT / "deploy/systemd").iterdir():
        # It looks whether the programs are there.
        text = re.sub(r"/srv/digits/\.venv/bin/\w+", sys.executable, unit.read_text())
        (tmp_path / unit.name).write_text(text)
    unit = tmp_path / name
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert "digits" not in verified.stderr
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit]
    exposed = subprocess.run(command, capture_output=True, text=True)
    assert exposed.returncode == 0, exposed.stdout[-200:]


def test_the_settings_that_they_give_are_the_sites():
    app = json.loads((ROOT / "app.json").read_text())
    site = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["x-site"]
    assert set(app["env"]) <= SETTINGS
    assert set(site["environment"]) <= SETTINGS


def test_the_image_has_whatever_the_repository_runs_with():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = {line[1:] for line in ignored if line.startswith("!")}
    development = {"docs", "notebooks", "tests", "deploy"}
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if files.returncode:
        pytest.skip("this is no checkout of git")
    folders = {name.partition("/")[0] for name in files.stdout.split() if "/" in name}
    assert {name for name in folders if name[0] != "."} - development <= copied


def test_compose_has_what_the_site_needs_and_starts_it_in_order():
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    assert set(services) == {"migrate", "web", "retrain", "nginx", "postgres", "redis"}
    assert services["web"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"}
    }
    upstream = re.search(r"server (\w+):8000", (ROOT / "deploy/nginx/digits.conf").read_text())
    assert upstream and upstream[1] in services
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
