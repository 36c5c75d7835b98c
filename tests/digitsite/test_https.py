"""The whole site over HTTPS: by a certificate of its own, and behind a proxy that has one."""

import json
import ssl
import subprocess
from http.cookies import SimpleCookie

import pytest
from django.contrib.auth.hashers import make_password

from tests.support.samples import text
from tests.support.serving import PUBLIC_NAME, manage, serving

URL = f"https://{PUBLIC_NAME}"
YEAR = "max-age=31536000"
PASSWORD = "correct horse battery staple"
MAKE_ADA = f"""
from django.contrib.auth.models import User
User.objects.create(username="ada", is_staff=True, is_superuser=True,
    password={make_password(PASSWORD)!r})
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    key, signed = folder / "key.pem", folder / "signed.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=digits"
    files = ["-addext", f"subjectAltName=DNS:{PUBLIC_NAME}", "-keyout", key, "-out", signed]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return key, signed


@pytest.fixture(scope="module")
def database(migrated, tmp_path_factory):
    file = tmp_path_factory.mktemp("https") / "db.sqlite3"
    file.write_bytes(migrated.read_bytes())
    url = f"sqlite:///{file}"
    assert manage(url, "shell", "--no-imports", "-c", MAKE_ADA).returncode == 0
    return url


@pytest.fixture(scope="module")
def secure(certificate, database, tmp_path_factory):
    """Gunicorn speaks HTTPS itself, and its clients check its certificate and its name."""
    key, signed = certificate
    log = tmp_path_factory.mktemp("log") / "log"
    options = ["--certfile", str(signed), "--keyfile", str(key)]
    trusted = ssl.create_default_context(cafile=str(signed))
    with serving(database, log, *options, tls=trusted, ALLOWED_HOSTS=PUBLIC_NAME) as site:
        yield site


@pytest.fixture(scope="module")
def proxied(database, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "log"
    with serving(database, log, ALLOWED_HOSTS=PUBLIC_NAME) as site:
        yield site


def get(site, path, **headers):
    return site.whole(path, None, "GET", Host=PUBLIC_NAME, **headers)


def send(site, path, body, **headers):
    return site.whole(path, body, "POST", Host=PUBLIC_NAME, **headers)


def cookies(answer_or_response):
    """All of them, which a dict of headers has one of."""
    found = SimpleCookie()
    for value in answer_or_response.headers.get_all("Set-Cookie") or []:
        found.load(value)
    return found


def opened(site, path, body=None, **headers):
    with site.ask(path, body, Host=PUBLIC_NAME, **headers) as response:
        response.read()
        return response


def test_a_visitor_draws_and_finds_the_drawing_again(secure):
    page = opened(secure, "/")
    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == YEAR
    given = cookies(page)
    assert set(given) == {"visitor", "csrftoken"}
    assert all(cookie["secure"] and cookie["samesite"] == "Lax" for cookie in given.values())
    assert given["visitor"]["httponly"]
    cookie = f"visitor={given['visitor'].value}"
    body = json.dumps({"image": text()}).encode()
    page_of = {"Origin": URL, "Cookie": cookie, "Content-Type": "application/json"}
    drawn = send(secure, "/api/v1/submissions/", body, **page_of)
    assert drawn.status == 201
    picture = drawn.said["drawing_url"]
    assert picture.startswith(f"{URL}/api/v1/submissions/")
    assert get(secure, picture.removeprefix(URL), Cookie=cookie).body[:4] == b"\x89PNG"
    assert get(secure, picture.removeprefix(URL)).status == 404


def test_what_a_page_over_plain_http_sends_is_refused(secure):
    headers = {"Origin": f"http://{PUBLIC_NAME}", "Content-Type": "application/json"}
    body = json.dumps({"image": text()}).encode()
    assert send(secure, "/api/v1/submissions/", body, **headers).status == 403


def test_staff_log_in_with_secure_cookies(secure):
    token = cookies(opened(secure, "/admin/login/"))["csrftoken"].value
    form = f"username=ada&password={PASSWORD.replace(' ', '+')}&csrfmiddlewaretoken={token}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
    refused = opened(secure, "/admin/login/", form.encode(), **headers)
    assert refused.status == 403  # HTTPS asks whose page it comes from
    done = opened(secure, "/admin/login/", form.encode(), **headers, Origin=URL)
    assert (done.status, done.headers["Location"]) == (302, "/admin/")
    session = cookies(done)["sessionid"]
    assert session["secure"] and session["httponly"] and session["max-age"] == "43200"
    assert get(secure, "/admin/", Cookie=f"sessionid={session.value}").status == 200


def test_nobody_listens_who_does_not_speak_tls(secure):
    with secure.dial() as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" not in plain.recv(1000)
    assert get(secure, "/healthz").status == 200


def test_a_certificate_of_somebody_else_is_not_trusted(secure):
    with secure.dial() as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=PUBLIC_NAME)


@pytest.mark.parametrize("claimed", [None, "http", "HTTPS ", "http, https", "on", ""])
def test_behind_a_proxy_what_did_not_come_over_https_is_sent_there(proxied, claimed):
    headers = {} if claimed is None else {"X-Forwarded-Proto": claimed}
    page = get(proxied, "/history/?digit=7", **headers)
    assert (page.status, page.headers["Location"]) == (301, f"{URL}/history/?digit=7")
    body = json.dumps({"image": text()}).encode()
    sent = send(proxied, "/api/v1/submissions/", body, **headers)
    assert (sent.status, sent.headers["Location"]) == (308, f"{URL}/api/v1/submissions/")
    assert "Set-Cookie" not in page.headers | sent.headers
    assert get(proxied, "/healthz", **headers).status == 200


def test_behind_a_proxy_that_has_https_cookies_and_addresses_are_those_of_https(proxied):
    over_https = {"X-Forwarded-Proto": "https"}
    page = opened(proxied, "/", **over_https)
    assert page.headers["Strict-Transport-Security"] == YEAR
    assert all(cookie["secure"] for cookie in cookies(page).values())
    body = json.dumps({"image": text()}).encode()
    json_too = {"Content-Type": "application/json", "Origin": URL}
    drawn = send(proxied, "/api/v1/submissions/", body, **over_https, **json_too)
    assert drawn.status == 201
    assert drawn.said["pixels_url"].startswith(f"{URL}/")
