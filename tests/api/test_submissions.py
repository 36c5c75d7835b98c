import base64
import io
import json
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from predictor.api.throttling import SubmitThrottle
from predictor.models import Label, Submission, Tombstone
from predictor.visitor import COOKIE
from tests.support.samples import ONE, SEVEN, labelled, png, text

pytestmark = pytest.mark.django_db
URL = "/api/v1/submissions/"


def in_lines(data: bytes, end: str) -> str:
    return base64.encodebytes(data).decode().replace("\n", end)


def data_url(head: str, data: bytes) -> str:
    return f"data:{head}base64,{base64.b64encode(data).decode()}"


SPELLINGS: dict[str, Callable[[bytes], str]] = {
    "lines of 76": lambda data: in_lines(data, "\n"),
    "lines that end as in mail": lambda data: in_lines(data, "\r\n"),
    "spaces and tabs": lambda data: in_lines(data, " \t"),
    "line break at the end": lambda data: base64.b64encode(data).decode() + "\n",
    "no padding": lambda data: base64.b64encode(data).decode().rstrip("="),
    "URL-safe": lambda data: base64.urlsafe_b64encode(data).decode(),
    "data URL": lambda data: data_url("image/png;", data),
    "data URL of nothing": lambda data: data_url(";", data),
    "data URL of another type": lambda data: data_url("image/jpeg;", data),
    "data URL of bytes": lambda data: data_url("application/octet-stream;", data),
    "data URL of text": lambda data: data_url("text/plain;charset=US-ASCII;", data),
    "data URL with a charset": lambda data: data_url("image/png;charset=utf-8;", data),
    "data URL with a name": lambda data: data_url('image/png;name="a 7.png";', data),
    "data URL with spaces": lambda data: data_url("image/png; charset=utf-8; ", data),
    "data URL in capitals": lambda data: data_url("IMAGE/PNG;", data).replace("base64", "BASE64"),
    "DATA URL": lambda data: "DATA" + data_url("image/png;", data)[4:],
    "data URL after a line break": lambda data: "\n" + data_url("image/png;", data),
    "data URL in lines": lambda data: "data:image/png;base64,\r\n" + in_lines(data, "\r\n"),
}


def post(client, **body):
    return client.post(URL, {"image": text()} | body, content_type="application/json")


def patch(client, url, value):
    return client.patch(url, {"visitor_label": value}, content_type="application/json")


@pytest.fixture
def stranger():
    client = Client()
    post(client)
    return client


# Sending a drawing


def test_it_reads_and_keeps_a_drawing(client):
    response = post(client, strokes=SEVEN)
    assert response.status_code == 201
    answer = response.json()
    row = Submission.objects.get(pk=answer["id"])
    assert answer == {
        "id": str(row.pk),
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "prediction": {
            "digit": 7,
            "confidence": row.confidence,
            "probabilities": row.probabilities,
            "is_digit": True,
            "digit_score": row.digit_score,
        },
        "model": row.model_id,
        "visitor_label": None,
        "label": None,
        "drawing_url": f"http://testserver{URL}{row.pk}/drawing.png",
        "pixels_url": f"http://testserver{URL}{row.pk}/pixels.png",
    }
    assert sum(row.probabilities) == pytest.approx(1, abs=1e-5)
    assert row.strokes == SEVEN
    assert bytes(row.drawing) == png()


def test_the_digit_that_was_asked_for_is_kept_and_what_the_visitor_says(client):
    answer = post(client, asked=3).json()
    assert answer["visitor_label"] == 3
    assert patch(client, f"{URL}{answer['id']}/", 7).status_code == 200
    row = Submission.objects.get()
    assert (row.asked, row.visitor_label) == (3, 7)


@pytest.mark.parametrize("asked", [-1, 10, 3.0, "3", True, None, [3], "not_a_digit"])
def test_what_is_asked_for_is_a_digit_and_nothing_else(client, asked):
    response = post(client, asked=asked)
    assert response.status_code == 400
    assert set(response.json()) == {"asked"}
    assert not Submission.objects.exists()


@pytest.mark.parametrize("name", SPELLINGS)
def test_it_takes_base64_however_it_is_spelt(client, name):
    response = post(client, image=SPELLINGS[name](png()))
    assert response.status_code == 201
    assert bytes(Submission.objects.get().drawing) == png()


def test_it_takes_a_file(client):
    id = str(uuid4())
    upload = SimpleUploadedFile("seven.png", png(), "image/png")
    response = client.post(URL, {"image": upload, "id": id})
    assert response.status_code == 201
    assert response.json()["id"] == id


def test_it_keeps_a_photograph_as_a_picture_without_its_metadata(client):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera of Ann"
    Image.open(io.BytesIO(png())).resize((2000, 2000)).save(file, "JPEG", exif=exif)
    response = post(client, image=base64.b64encode(file.getvalue()).decode())
    assert response.json()["prediction"]["digit"] == 7
    kept = bytes(Submission.objects.get().drawing)
    assert b"Ann" not in kept
    assert Image.open(io.BytesIO(kept)).size == (1000, 1000)


@pytest.mark.parametrize("size", [(4032, 3024), (8064, 6048)])
def test_it_reads_a_photograph_of_a_phone(client, size):
    file = io.BytesIO()
    Image.open(io.BytesIO(png())).convert("L").resize(size).save(file, "JPEG", quality=95)
    upload = SimpleUploadedFile("photo.jpg", file.getvalue(), "image/jpeg")
    response = client.post(URL, {"image": upload})
    assert response.status_code == 201
    assert response.json()["prediction"]["digit"] == 7


def test_of_a_screenshot_it_keeps_no_more_than_of_a_photograph(client):
    file = io.BytesIO()
    Image.open(io.BytesIO(png())).resize((1440, 3200)).save(file, "PNG")
    response = post(client, image=base64.b64encode(file.getvalue()).decode())
    assert response.json()["prediction"]["digit"] == 7
    assert Image.open(io.BytesIO(bytes(Submission.objects.get().drawing))).height == 1024


def test_it_says_what_to_do_with_a_heic(client):
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    response = post(client, image=base64.b64encode(heic).decode())
    assert response.status_code == 400
    [sentence] = response.json()["image"]
    assert "HEIC can't be read here. Export the picture as a JPEG" in sentence


@pytest.mark.django_db(transaction=True)
def test_a_drawing_costs_one_insert(client, django_assert_num_queries):
    post(client)
    with django_assert_num_queries(1) as queries:
        post(client)
    assert queries[0]["sql"].startswith("INSERT")


def test_a_byte_order_mark_before_the_json_does_no_harm(client):
    body = b"\xef\xbb\xbf" + json.dumps({"image": text()}).encode()
    assert client.post(URL, body, content_type="application/json").status_code == 201


def test_only_who_has_sent_something_gets_a_cookie(client):
    client.get(URL)
    assert COOKIE not in client.cookies
    post(client)
    assert COOKIE in client.cookies


def test_what_was_refused_leaves_neither_cookie_nor_row(client):
    assert post(client, image="AAAA").status_code == 400
    assert COOKIE not in client.cookies
    assert not Submission.objects.exists()


def test_a_drawing_that_is_sent_again_is_kept_once(client):
    id = str(uuid4())
    first, second = post(client, id=id), post(client, id=id, image=text(ONE))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Submission.objects.count() == 1


def test_an_id_of_somebody_else_tells_nothing(client, stranger):
    taken = stranger.get(URL).json()["results"][0]["id"]
    response = post(client, id=taken)
    assert response.status_code == 409
    assert response.json() == {"detail": "This id is taken. Send the drawing with another."}
    assert Submission.objects.count() == 1
    assert COOKIE not in client.cookies


def test_it_refuses_pages_of_other_sites(client):
    body = {"image": text()}
    for origin in ("https://evil.example", "null", "http://testserver:81"):
        response = client.post(URL, body, "application/json", headers={"origin": origin})
        assert response.status_code == 403
    assert COOKIE not in client.cookies
    own = client.post(URL, body, "application/json", headers={"origin": "http://testserver"})
    assert own.status_code == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_it_refuses_pages_of_other_sites_that_hide_their_name(client, site):
    headers = {"sec-fetch-site": site}
    response = client.post(URL, {"image": text()}, "application/json", headers=headers)
    assert response.status_code == 403
    assert "other sites" in response.json()["detail"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_it_takes_what_its_own_pages_and_people_send(client, site):
    headers = {"sec-fetch-site": site}
    response = client.post(URL, {"image": text()}, "application/json", headers=headers)
    assert response.status_code == 201


def test_no_cache_keeps_what_is_for_one_visitor(client):
    stored = post(client)
    own = f"{URL}{stored.json()['id']}/"
    wrong = client.post(URL, "{", content_type="application/json")
    gone = client.get(f"{URL}{uuid4()}/")
    for response in (stored, wrong, gone, client.get(URL), client.get(own), client.delete(own)):
        assert response.headers["Cache-Control"] == "private, no-store"
        assert "Cookie" in response.headers["Vary"]


def test_it_asks_who_sends_too_much_to_wait(client, monkeypatch):
    monkeypatch.setattr(SubmitThrottle, "rate", "2/min", raising=False)
    post(client)  # brings the cookie that the others are counted by
    assert [post(client).status_code for _ in range(3)] == [201, 201, 429]
    assert int(post(client).headers["Retry-After"]) > 0
    assert client.get(URL).status_code == 200


# Looking back


def test_the_list_holds_ones_own_newest_first(client, stranger, django_assert_num_queries):
    ids = [post(client).json()["id"] for _ in range(3)]
    with django_assert_num_queries(1) as queries:
        response = client.get(URL)
    assert [row["id"] for row in response.json()["results"]] == ids[::-1]
    for blob in ("drawing", "pixels", "strokes"):
        assert f'"{blob}"' not in queries[0]["sql"]


def test_the_list_comes_in_pages(client, monkeypatch):
    monkeypatch.setattr("predictor.api.pagination.NewestFirst.page_size", 2)
    ids = [post(client).json()["id"] for _ in range(5)]
    seen, url = [], URL
    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == ids[::-1]


def test_who_is_not_known_has_an_empty_list(client, stranger, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get(URL).json()["results"] == []


def test_one_drawing_and_its_pictures_are_for_its_visitor_alone(client, stranger):
    answer = post(client).json()
    own = f"{URL}{answer['id']}/"
    assert client.get(own).json() == answer
    for url in (own, answer["drawing_url"], answer["pixels_url"]):
        assert client.get(url).status_code == 200
        for other in (stranger, Client()):
            assert other.get(url).status_code == 404
    assert patch(stranger, own, 3).status_code == 404
    assert stranger.delete(own).status_code == 404
    assert Submission.objects.get(pk=answer["id"]).visitor_label is None


def test_the_drawing_comes_back_as_it_was_sent(client):
    url = post(client).json()["drawing_url"]
    response = client.get(url)
    assert response.content == png()
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, max-age=3600"
    assert "Cookie" in response.headers["Vary"]
    again = client.get(url, headers={"if-none-match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(url, headers={"if-match": '"another"'})
    assert other.status_code == 412
    assert "If-Match" in other.json()["detail"]


def test_the_pixels_are_what_the_network_saw(client):
    response = client.get(post(client).json()["pixels_url"])
    picture = Image.open(io.BytesIO(response.content))
    assert (picture.size, picture.mode) == ((28, 28), "L")
    assert picture.tobytes() == bytes(Submission.objects.get().pixels)


# Saying what it is


@pytest.mark.parametrize(
    "sent, kept", [(0, 0), (9, 9), ("not_a_digit", Label.NOT_A_DIGIT), (None, None)]
)
def test_a_claim_changes_nothing_but_the_claim(client, sent, kept):
    before = post(client).json()
    response = patch(client, f"{URL}{before['id']}/", sent)
    assert response.status_code == 200
    assert response.json() == before | {"visitor_label": sent}
    assert Submission.objects.get().visitor_label == kept


def test_a_label_is_a_reviewers_to_give(client, admin_user):
    answer = post(client).json()
    url = f"{URL}{answer['id']}/"
    body = {"visitor_label": 1, "label": 3, "digit": 3}
    client.patch(url, body, content_type="application/json")
    assert client.get(url).json()["label"] is None
    labelled(Submission.objects.get(), Label.CANT_TELL, admin_user)
    assert client.get(url).json()["label"] == "cant_tell"


# Erasing


def test_an_erased_drawing_is_gone(client):
    answer = post(client).json()
    url = f"{URL}{answer['id']}/"
    assert client.delete(url).status_code == 204
    assert "cookie" in client.get(url).json()["detail"]
    for gone in (url, answer["drawing_url"], answer["pixels_url"]):
        assert client.get(gone).status_code == 404
    assert client.delete(url).status_code == 404
    assert not Submission.objects.exists()
    assert Tombstone.objects.get().pk == UUID(answer["id"])


@pytest.mark.parametrize(
    "method, url",
    [("put", URL), ("delete", URL), ("patch", URL), ("options", URL)]
    + [("post", f"{URL}{UUID(int=0)}/"), ("post", f"{URL}{UUID(int=0)}/drawing.png")],
)
def test_it_refuses_other_methods(client, method, url):
    assert getattr(client, method)(url).status_code == 405
