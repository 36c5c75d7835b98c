import io
import json
import zipfile
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from ml.decoding import decode
from predictor.models import Pointer, Submission
from predictor.web.archive import BATCH_SIZE
from tests.support.samples import SEVEN, labelled, many, png, stored
from tests.support.visitors import known

PAGE = reverse("predictor:download")
pytestmark = pytest.mark.django_db


def downloaded(client):
    response = client.get(PAGE)
    assert response["Content-Disposition"] == 'attachment; filename="my-drawings.zip"'
    assert "no-store" in response["Cache-Control"]
    archive = zipfile.ZipFile(io.BytesIO(response.getvalue()))
    assert archive.testzip() is None
    return archive, json.loads(archive.read("drawings.json"))


def test_it_has_pictures_strokes_and_answers(client):
    drawing = stored(
        known(client),
        created_at=datetime(2026, 3, 1, 16, 30, tzinfo=UTC),
        strokes=SEVEN,
        widths=[10],
        pointer=Pointer.PEN,
        canvas=343,
        visitor_label=10,
    )
    labelled(drawing, 11, User.objects.create(username="ann"))
    archive, [facts] = downloaded(client)
    name = f"2026-03-01-163000-{drawing.pk}.png"
    assert set(archive.namelist()) == {f"drawings/{name}", f"pixels/{name}", "drawings.json"}
    assert archive.read(facts["drawing"]) == png()
    assert decode(archive.read(facts["pixels"])).tobytes() == bytes(drawing.pixels)
    assert facts["asked"] is None
    assert facts["created_at"] == "2026-03-01T16:30:00+00:00"
    assert (facts["id"], facts["model"]) == (str(drawing.pk), drawing.model_id)
    assert (facts["visitor_label"], facts["label"]) == ("not_a_digit", "cant_tell")
    assert (facts["strokes"], facts["widths"]) == (SEVEN, [10])
    assert facts["device"] == {"pointer": "pen", "canvas": 343}
    assert facts["prediction"]["probabilities"] == drawing.probabilities


def test_it_has_every_drawing_of_the_visitor_and_no_others(client):
    visitor = known(client)
    many(2 * BATCH_SIZE + 1, visitor=visitor)
    stored(uuid4())
    _, facts = downloaded(client)
    own = Submission.objects.of(visitor).values_list("pk", flat=True)
    assert sorted(one["id"] for one in facts) == sorted(map(str, own))


def test_the_history_leads_to_it(client):
    page = reverse("predictor:history")
    assert PAGE not in client.get(page).content.decode()
    stored(known(client))
    assert PAGE in client.get(page).content.decode()


def test_of_nothing_it_is_empty(client):
    assert downloaded(client)[1] == []


def test_it_is_not_put_together_again_and_again(client):
    known(client)
    answers = [client.get(PAGE) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "Download it again in" in answers[-1].content.decode()
    assert client.post(PAGE).status_code == 405
