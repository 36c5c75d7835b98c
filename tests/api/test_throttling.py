import base64
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from digitsite import cache
from digitsite.cache import RedisOrMemory
from ml.decoding import decode
from predictor.api.throttling import PredictThrottle
from predictor.models import Submission
from tests.support.samples import png, text
from tests.support.serving import SECRET, free_port, site, wait_for
from tests.support.visitors import known

pytestmark = pytest.mark.django_db
QUICK = {"OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}}


def ask(client: Client, **headers: str) -> int:
    asked = {"images": [text()]}
    return client.post(reverse("api:predict"), asked, "application/json", **headers).status_code


def visitor() -> Client:
    client = Client()
    known(client)
    return client


def test_a_class_behind_one_address_is_not_refused_at_the_default_rates():
    pupils = [visitor() for _ in range(30)]
    submit = reverse("api:submission-list")
    for _ in range(3):
        for pupil in pupils:
            assert ask(pupil) == 200
            drawing = {"image": text()}
            assert pupil.post(submit, drawing, "application/json").status_code == 201


def test_each_visitor_has_a_count_of_their_own(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    hasty, calm = visitor(), visitor()
    assert [ask(hasty) for _ in range(5)] == [200, 200, 200, 429, 429]
    assert ask(calm) == 200
    assert ask(hasty, REMOTE_ADDR="198.51.100.7") == 429  # also from elsewhere


def test_those_without_a_cookie_at_an_address_count_as_one(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    assert [ask(Client()) for _ in range(5)] == [200, 200, 200, 429, 429]
    forged = Client()
    forged.cookies["visitor"] = "11111111-1111-4111-8111-111111111111:forged:forged"
    assert ask(forged) == 429
    assert ask(Client(), REMOTE_ADDR="198.51.100.7") == 200


def test_new_cookies_do_not_raise_what_an_address_may(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    assert [ask(visitor()) for _ in range(52)] == [200] * 50 + [429] * 2
    assert ask(visitor(), REMOTE_ADDR="198.51.100.7") == 200


def test_who_is_refused_takes_nothing_from_their_address(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    hasty = visitor()
    assert [ask(hasty) for _ in range(60)].count(200) == 3
    assert [ask(visitor()) for _ in range(47)] == [200] * 47


def test_a_count_begins_anew_when_its_time_is_over(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda _: now)
    monkeypatch.setattr(PredictThrottle, "rate", "2/min", raising=False)
    hasty = visitor()
    assert ask(hasty) == 200
    now += 50
    assert [ask(hasty), ask(hasty)] == [200, 429]
    refused = hasty.post(reverse("api:predict"), {"images": [text()]}, "application/json")
    assert refused["Retry-After"] == "10"
    now += 10
    assert [ask(hasty), ask(hasty), ask(hasty)] == [200, 200, 429]


def test_what_an_address_has_to_wait_for_is_said(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    for _ in range(50):
        ask(visitor())
    refused = visitor().post(reverse("api:predict"), {"images": [text()]}, "application/json")
    assert 0 < int(refused["Retry-After"]) <= 60


def test_large_images_count_for_the_address_too(monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    page = cv2.resize(decode(png()), (1000, 1000))
    large = base64.b64encode(cv2.imencode(".png", page)[1]).decode()
    for _ in range(17):
        asked = visitor().post(reverse("api:predict"), {"images": [large]}, "application/json")
        assert asked.status_code == 200
    # Each counted as two calls or more of the fifty that an address may.
    assert [ask(visitor()) for _ in range(17)].count(200) < 17


@pytest.mark.parametrize(
    "memory",
    [caches["default"], RedisOrMemory("redis://", QUICK).memory],
    ids=["without Redis", "while Redis is away"],
)
def test_many_visitors_of_one_minute_are_all_remembered(memory):
    for number in range(600):
        memory.set(f"visitor-{number}", [1.0], 60)
    assert memory.get("visitor-0") == [1.0]


def away(messages: list[str]) -> list[str]:
    return [message for message in messages if "Redis is away" in message]


@pytest.fixture(params=["refuses", "hangs", "fails"])
def redis_is_away(request, monkeypatch) -> Iterator[socket.socket]:
    """A Redis that can't be used; whoever asks it is found in the socket's queue."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param != "refuses":
            server.listen(100)
        found = RedisOrMemory(f"redis://127.0.0.1:{server.getsockname()[1]}", QUICK)
        monkeypatch.setattr(SimpleRateThrottle, "cache", found)
        if request.param == "fails":
            server.close()
            monkeypatch.setattr(RedisCache, "get", fails)
        yield server


def fails(*args: object, **options: object) -> None:
    from redis import ResponseError

    raise ResponseError("OOM command not allowed")


def test_requests_are_counted_in_the_process_and_one_line_says_so(
    client, caplog, monkeypatch, redis_is_away
):
    monkeypatch.setattr(PredictThrottle, "rate", "3/min", raising=False)
    asked = {"images": [text()]}
    answers = [client.post(reverse("api:predict"), asked, "application/json") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert len(away(caplog.messages)) == 1


@pytest.mark.parametrize("redis_is_away", ["hangs"], indirect=True)
def test_a_redis_that_hangs_is_left_alone_for_a_while(client, redis_is_away):
    for _ in range(3):
        image = {"image": text()}
        url = reverse("api:submission-list")
        assert client.post(url, image, "application/json").status_code == 201
    redis_is_away.setblocking(False)
    redis_is_away.accept()[0].close()
    with pytest.raises(BlockingIOError):
        redis_is_away.accept()


def test_the_upload_form_works_while_redis_is_away(client, tmp_path, redis_is_away):
    path = tmp_path / "seven.png"
    path.write_bytes(png())
    with path.open("rb") as image:
        assert client.post(reverse("predictor:upload"), {"image": image}).status_code == 302
    assert Submission.objects.count() == 1


def test_other_mistakes_of_the_cache_are_not_hidden(client, monkeypatch):
    class Broken:
        def get(self, *args):
            raise ZeroDivisionError

    monkeypatch.setattr(SimpleRateThrottle, "cache", Broken())
    with pytest.raises(ZeroDivisionError):
        client.post(reverse("api:predict"), {"images": [text()]}, "application/json")


@contextmanager
def redis(folder: Path, port: int, *options: str) -> Iterator[None]:
    command = ["redis-server", "--dir", str(folder), "--save", "", "--bind", "127.0.0.1", *options]
    ports = [] if "--tls-port" in options else ["--port", str(port)]
    try:
        server = subprocess.Popen([*command, *ports], stdout=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.skip("no redis-server is installed here")
    try:
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
        yield
    finally:
        server.terminate()
        server.wait()


def test_it_goes_back_to_redis_when_that_is_back(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(cache, "LEFT_ALONE", 0)
    port = free_port()
    found = RedisOrMemory(f"redis://127.0.0.1:{port}", QUICK)
    found.set("where", "memory")
    assert found.get("where") == "memory"
    with redis(tmp_path, port):
        assert found.get("where") is None
        found.set("where", "redis")
        another = RedisOrMemory(f"redis://127.0.0.1:{port}", QUICK)
        assert another.get("where") == "redis"
        assert found.add("count", 1)
        assert found.incr("count") == 2
    assert len(away(caplog.messages)) == 1
    assert len([message for message in caplog.messages if "Redis is back" in message]) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> list[str]:
    """Redis's options for one that it signed itself, as Heroku's do."""
    folder = tmp_path_factory.mktemp("certificate")
    key, signed = folder / "key.pem", folder / "signed.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=somewhere.else"
    subprocess.run(
        [*command.split(), "-keyout", key, "-out", signed], check=True, capture_output=True
    )
    files = ["--tls-cert-file", str(signed), "--tls-key-file", str(key)]
    return ["--port", "0", *files, "--tls-auth-clients", "no"]


@pytest.mark.parametrize("check", ["none", "required"])
def test_a_redis_that_signed_its_own_certificate(tmp_path, certificate, check):
    port = free_port()
    variables = {
        "REDIS_URL": f"rediss://:{SECRET}@127.0.0.1:{port}",
        "REDIS_SSL_CERT_REQS": check,
        "THROTTLE_PREDICT": "2/min",
    }
    options = [*certificate, "--tls-port", str(port), "--requirepass", SECRET]
    with redis(tmp_path, port, *options), site(tmp_path, **variables) as started:
        statuses = [started.ask("/api/v1/predict/", b"{}").status for _ in range(4)]
        assert statuses[2:] == [429, 429]  # it counts, here or there
        said = started.log.read_text()
    assert said.count("Redis is away") == (check == "required")
    assert said.count("REDIS_SSL_CERT_REQS=none") == (check == "required")
    assert SECRET not in said
