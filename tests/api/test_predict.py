import base64

import numpy as np
import pytest
from PIL import Image

from ml.decoding import Checked, decode
from ml.preprocessing import preprocess
from predictor.api.serializers import ImageField
from predictor.api.throttling import PredictThrottle
from predictor.models import ModelVersion, Submission
from predictor.visitor import COOKIE
from tests.support.bombs import png_of
from tests.support.digits import encoded, ink
from tests.support.samples import ONE, png, text

pytestmark = pytest.mark.django_db
URL = "/api/v1/predict/"


def post(client, *images):
    return client.post(URL, {"images": images}, content_type="application/json")


def as_text(image):
    return base64.b64encode(image).decode()


def test_it_reads_many_drawings_in_their_order(client):
    response = post(client, text(), text(ONE), text())
    assert response.status_code == 200
    answer = response.json()
    assert answer["model"] == ModelVersion.objects.active().get().version
    assert [p["digit"] for p in answer["predictions"]] == [7, 1, 7]
    for prediction in answer["predictions"]:
        assert sum(prediction["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert prediction["confidence"] == max(prediction["probabilities"])


def test_it_says_the_same_as_a_submission(client):
    [prediction] = post(client, text()).json()["predictions"]
    body = {"image": text()}
    stored = client.post("/api/v1/submissions/", body, content_type="application/json").json()
    assert stored["prediction"] == prediction


def test_it_stores_nothing_and_asks_nothing(client, django_assert_num_queries):
    post(client, text())
    with django_assert_num_queries(0):
        assert post(client, *[text()] * 64).status_code == 200
    assert not Submission.objects.exists()
    assert COOKIE not in client.cookies


def test_it_asks_who_sends_too_much_to_wait(client, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "1/min", raising=False)
    assert post(client, text()).status_code == 200
    response = post(client, text())
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_it_shows_what_the_network_saw_to_who_asks(client):
    answer = client.post(URL, {"images": [text()] * 2, "pixels": True}, "application/json").json()
    first, second = answer["pixels"]
    assert first == second
    shown = decode(base64.b64decode(first.removeprefix("data:image/png;base64,")))
    assert (shown == preprocess(png())).all()
    assert "pixels" not in post(client, text()).json()


@pytest.mark.parametrize("pixels", ["true", 1, None, [True]])
def test_it_takes_nothing_but_true_or_false_for_the_pixels(client, pixels):
    response = client.post(URL, {"images": [text()], "pixels": pixels}, "application/json")
    assert response.status_code == 400
    assert list(response.json()) == ["pixels"]


def test_it_refuses_pages_of_other_sites(client):
    headers = {"origin": "https://evil.example"}
    body = {"images": [text()]}
    assert client.post(URL, body, "application/json", headers=headers).status_code == 403


def test_it_refuses_other_methods(client):
    for method in (client.get, client.put, client.patch, client.delete, client.options):
        assert method(URL).status_code == 405


def test_it_limits_the_pixels_of_a_request_before_it_decodes_any(client, monkeypatch):
    def never(*args):
        raise AssertionError("it decodes")

    monkeypatch.setattr(Checked, "decode", never)
    largest = as_text(png_of(2048, 2048))
    response = post(client, *[largest] * 8)
    assert response.status_code == 413
    assert "too long to read together" in response.json()["detail"]
    fitting = as_text(png_of(320, 320))
    assert post(client, *[fitting] * 63, largest).status_code == 413
    tablet = as_text(png_of(640, 640))
    assert post(client, *[tablet] * 18).status_code == 413


@pytest.mark.parametrize(("side", "count"), [(2048, 7), (640, 17), (320, 64)])
def test_it_reads_as_many_pixels_as_the_limit_allows(client, side, count):
    image = as_text(encoded(ink(7, canvas=side, pen=side // 16)))
    response = post(client, *[image] * count)
    assert [p["digit"] for p in response.json()["predictions"]] == [7] * count


def test_one_image_is_read_whatever_it_costs(client):
    photograph = Image.new("L", (12_000, 9000), 255)
    photograph.paste(0, (6000, 2000, 6500, 7000))
    [prediction] = post(client, as_text(encoded(photograph, "JPEG"))).json()["predictions"]
    assert prediction["digit"] == 1


def test_photographs_of_12_megapixels_are_read(client):
    seven = Image.fromarray(255 - ink(7, canvas=560)).resize((4032, 3024))
    response = post(client, *[as_text(encoded(seven, "JPEG"))] * 6)
    assert [p["digit"] for p in response.json()["predictions"]] == [7] * 6


def test_what_is_packed_too_tightly_counts_for_more(client):
    noise = np.random.default_rng(0).integers(0, 256, (280, 280, 3), np.uint8)
    packed = as_text(encoded(noise, "WEBP", lossless=True))
    assert post(client, packed).status_code == 200
    assert post(client, *[packed] * 60).status_code == 413
    drawing = encoded(255 - ink(7, canvas=280, pen=18), "WEBP", lossless=True)
    assert post(client, *[as_text(drawing)] * 60).status_code == 200


def test_it_names_each_image_that_cannot_be_read(client):
    blank = as_text(encoded(np.full((50, 50), 255, np.uint8)))
    answer = post(client, text(), "AAAA", blank).json()
    assert list(answer["images"]) == ["1"]
    assert list(post(client, text(), blank, text(), blank).json()["images"]) == ["1", "3"]


def test_large_images_count_as_many_calls(client, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "7/min", raising=False)
    photo = as_text(encoded(ink(7, canvas=2048, pen=130)))
    assert post(client, photo).status_code == 200  # 3
    assert post(client, photo).status_code == 200  # 6
    assert post(client, text()).status_code == 200  # 7
    assert post(client, text()).status_code == 429


def test_a_call_that_counts_for_more_than_is_left_passes_and_is_waited_for(client, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "2/min", raising=False)
    assert post(client, as_text(encoded(ink(7, canvas=2048, pen=130)))).status_code == 200
    response = post(client, text())
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_small_drawings_are_one_call_however_many(client, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "rate", "2/min", raising=False)
    assert [post(client, *[text()] * 64).status_code for _ in range(3)] == [200, 200, 429]


def test_without_a_rate_nothing_is_counted(client, monkeypatch):
    monkeypatch.setattr(PredictThrottle, "THROTTLE_RATES", {"predict": None})
    photo = as_text(encoded(ink(7, canvas=2048, pen=130)))
    assert [post(client, photo).status_code for _ in range(3)] == [200] * 3


def test_of_too_many_images_none_is_looked_at(client, monkeypatch):
    def never(*args):
        raise AssertionError("it looks at them")

    monkeypatch.setattr(ImageField, "to_internal_value", never)
    response = post(client, *["AAAA"] * 65)
    assert response.status_code == 400
    assert "64" in response.json()["images"][0]
