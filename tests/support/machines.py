"""Several machines on this one: nginx before two gunicorns on one PostgreSQL and one Redis."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

from tests.support.samples import text
from tests.support.serving import ROOT, Site, answers, environment, free_port, wait_for

HOST = "digits.example.org"
IMAGE = text()
PAUSE = 0.03  # seconds between two drawings of a client
NGINX = """
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    {site}
}}
"""


def copy_of_the_code(folder: Path) -> Path:
    unwanted = shutil.ignore_patterns("var", ".*", "__pycache__", "tests", "notebooks")
    return shutil.copytree(ROOT, folder / "digits", ignore=unwanted)


class Machine:
    """One gunicorn, which may be killed, reloaded and started again."""

    def __init__(self, code: Path, folder: Path, variables: dict[str, str]) -> None:
        self.code, self.log, self.variables = code, folder / "log", variables
        folder.mkdir()
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "digitsite.wsgi"],
                cwd=self.code,
                env=environment(**self.variables),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.site = Site(self.port, self.process, self.log)
        wait_for(lambda: answers(self.site))

    def kill(self) -> None:
        """With its workers, at once, as if the plug had been pulled."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0


class Redis:
    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(lambda: is_open(self.port))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Nginx:
    """With the site's own configuration, on ports that are free."""

    def __init__(self, folder: Path, *upstream: int) -> None:
        folder.mkdir()
        self.port = free_port()
        self.certificate = folder / "fullchain.pem"
        make_certificate(self.certificate, folder / "privkey.pem")
        site = (ROOT / "deploy/nginx/digits.conf").read_text()
        servers = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in upstream]
        for old, new in {
            "server web:8000 max_fails=1 fail_timeout=2s;": "\n".join(servers),
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "/etc/nginx/tls": str(folder),
        }.items():
            assert old in site
            site = site.replace(old, new)
        self.file = folder / "nginx.conf"
        self.file.write_text(NGINX.format(folder=folder, site=site))

    def command(self, *options: str) -> list[str]:
        user = "user root; " if os.geteuid() == 0 else ""
        return ["nginx", "-c", str(self.file), "-g", f"{user}daemon off;", *options]

    def start(self) -> None:
        self.process = subprocess.Popen(self.command(), stderr=subprocess.DEVNULL)
        wait_for(lambda: is_open(self.port))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)


def make_certificate(certificate: Path, key: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )


def is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@dataclass
class Client:
    """Draws one drawing after another, each until it is acknowledged, and keeps what it hears."""

    nginx: Nginx
    over: Event
    acknowledged: set[str] = field(default_factory=set)
    failures: Counter[int | str] = field(default_factory=Counter)  # by status or error
    cookie: str = ""  # without it, what is sent again would be another visitor's

    def __post_init__(self) -> None:
        self.tls = ssl.create_default_context(cafile=str(self.nginx.certificate))

    def draw(self) -> None:
        while not self.over.is_set():
            id = str(uuid4())
            body = json.dumps({"image": IMAGE, "id": id}).encode()
            while (status := self.send(body)) not in {200, 201}:
                self.failures[status] += 1
                time.sleep(PAUSE)
            self.acknowledged.add(id)
            time.sleep(PAUSE)

    def send(self, body: bytes) -> int | str:
        try:
            connection = http.client.HTTPSConnection(HOST, timeout=60, context=self.tls)
            raw = socket.create_connection(("127.0.0.1", self.nginx.port), timeout=60)
            connection.sock = self.tls.wrap_socket(raw, server_hostname=HOST)
            headers = {"Content-Type": "application/json", "Cookie": self.cookie}
            connection.request("POST", "/api/v1/submissions/", body, headers)
            with connection.getresponse() as response:
                response.read()
                given = response.getheader("Set-Cookie", "").partition(";")[0]
                self.cookie = self.cookie or given
                return response.status
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
