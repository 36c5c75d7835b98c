import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from predictor.models import Submission
from predictor.templatetags.drawings import described
from tests.support.samples import png

PAGE = reverse("predictor:upload")
pytestmark = pytest.mark.django_db


def send(client, content=None, name="digit.png"):
    content = png() if content is None else content
    return client.post(PAGE, {"image": SimpleUploadedFile(name, content)})


def test_it_reads_the_picture_and_leads_to_its_page(client):
    response = send(client)
    drawing = Submission.objects.get()
    assert response.status_code == 302
    assert response["Location"] == drawing.get_absolute_url()
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert described(drawing) in page.content.decode()


def test_what_one_visitor_uploads_is_all_theirs(client):
    send(client)
    send(client)
    assert Submission.objects.values("visitor").distinct().count() == 1
    assert send(Client()).status_code == 302
    assert Submission.objects.values("visitor").distinct().count() == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"this is no picture", "not an image"),
        (png()[:-200], "not an image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not an image"),
        (png([]), "nothing on the paper"),
        (bytes(16_000_001), "16,000,000"),
    ],
    ids=["no bytes", "text", "cut off", "only a signature", "blank paper", "too large"],
)
def test_it_says_what_is_wrong_with_a_png(client, content, says):
    response = send(client, content)
    assert response.status_code == 400
    assert says in response.content.decode()
    assert not Submission.objects.exists()


def test_it_asks_for_a_picture_when_none_is_sent(client):
    response = client.post(PAGE)
    assert response.status_code == 400
    assert "required" in response.content.decode()


def test_it_says_when_a_picture_can_be_sent_again(client, monkeypatch):
    monkeypatch.setattr("predictor.api.throttling.SubmitThrottle.rate", "2/min", raising=False)
    client.get(PAGE)  # which gives the cookie
    assert [send(client).status_code for _ in range(3)] == [302, 302, 429]
    response = send(client)
    assert 0 < int(response["Retry-After"]) <= 60
    assert f"again in {response['Retry-After']} seconds" in response.content.decode()
    assert Submission.objects.count() == 2


def test_another_sites_form_is_refused():
    assert send(Client(enforce_csrf_checks=True)).status_code == 403
    assert not Submission.objects.exists()


def test_it_is_a_page_of_its_own(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(PAGE)
    assert response.status_code == 200
    page = response.content.decode()
    assert "<h1>Upload a picture</h1>" in page
    assert f'action="{PAGE}"' in page
    assert "autofocus" not in page
    assert "visitor" in response.cookies
    assert client.put(PAGE).status_code == 405


def test_a_refusal_leads_to_its_field(client):
    page = send(client, b"this is no picture").content.decode()
    [field] = re.findall(r"<input type=.file.[^>]*>", page)
    assert "autofocus" in field
    assert 'aria-invalid="true"' in field
    [described] = re.findall(r'aria-describedby="([^"]*)"', field)
    assert all(f'id="{id}"' in page for id in described.split())
    assert "id_image_error" in described


def test_it_tells_who_keeps_no_cookies_that_they_are_needed():
    response = send(Client(enforce_csrf_checks=True))
    assert response.status_code == 403
    assert "Cookies are needed" in response.content.decode()
