import base64
import socket
from collections.abc import Iterator

import pytest
from django.core.cache.backends.redis import RedisCache
from django.urls import reverse

from predictor.models import Submission
from predictor.throttles import Throttle
from tests.digits import encoded, ink
from tests.samples import png, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def redis_is_away(monkeypatch) -> Iterator[None]:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        monkeypatch.setattr(Throttle, "cache", RedisCache(f"redis://127.0.0.1:{port}", {}))
        yield


def test_what_is_sent_while_redis_is_away_is_let_through_and_logged(client, caplog):
    image = {"image": text()}
    assert client.post(reverse("api:submission-list"), image, "application/json").status_code == 201
    ask = {"images": [text()]}
    assert client.post(reverse("api:predict"), ask, "application/json").status_code == 200
    assert len([line for line in caplog.messages if "Redis is away" in line]) == 2


def test_the_upload_form_works_while_redis_is_away(client, tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(png())
    with path.open("rb") as image:
        assert client.post(reverse("predictor:upload"), {"image": image}).status_code == 302
    assert Submission.objects.count() == 1


def test_other_mistakes_of_the_cache_are_not_hidden(client, monkeypatch):
    class Broken:
        def get(self, *args):
            raise ZeroDivisionError

    monkeypatch.setattr(Throttle, "cache", Broken())
    with pytest.raises(ZeroDivisionError):
        client.post(reverse("api:predict"), {"images": [text()]}, "application/json")


def test_large_images_are_let_through_while_redis_is_away(client, caplog):
    photo = base64.b64encode(encoded(ink(7, canvas=2048, pen=130))).decode()
    ask = {"images": [photo]}
    assert client.post(reverse("api:predict"), ask, "application/json").status_code == 200
    assert any("Redis is away" in line for line in caplog.messages)
