"""A network that answers NaN, as one whose training went wrong or whose file is damaged."""

import io

import numpy as np
import pytest

from ml.runtime import NotProbabilities
from predictor.models import ModelVersion, Submission
from predictor.registry import serving, validation
from tests.support.networks import another, not_a_number
from tests.support.samples import png, text

JSON = "application/json"
SENTENCE = "The site can't read drawings just now. Please try again in a minute."


@pytest.fixture
def unfit(db, monkeypatch):
    """It is active, though validation would keep it out."""
    row = another("unfit")
    row.tflite = not_a_number(bytes(row.tflite))
    row.metadata["sha256"] = {}
    row.save()
    ModelVersion.objects.update(is_active=False)
    ModelVersion.objects.filter(pk="unfit").update(is_active=True)
    monkeypatch.setattr(serving, "_network", None)
    assert serving.network().version == "unfit"
    return row


def test_its_answer_is_a_503_in_the_api_and_nothing_is_stored(unfit, client, caplog):
    for url, body in [
        ("/api/v1/submissions/", {"image": text()}),
        ("/api/v1/submissions/", {"strokes": [[[80, 200, 120], [70, 70, 225]]]}),
        ("/api/v1/predict/", {"images": [text(), text()]}),
    ]:
        response = client.post(url, body, JSON)
        assert response.status_code == 503
        assert response.json() == {"detail": SENTENCE}
        assert int(response["Retry-After"]) > 0
    assert not Submission.objects.exists()
    assert "unfit answers [nan, nan, " in caplog.text


def test_so_it_is_on_the_page(unfit, client):
    client.raise_request_exception = False
    response = client.post("/upload/", {"image": io.BytesIO(png())})
    assert response.status_code == 503
    assert SENTENCE.replace("'", "&#x27;") in response.content.decode()
    assert not Submission.objects.exists()


def test_it_is_no_prediction_for_programs_in_python_either(unfit):
    network, blank = serving.network(), np.zeros((1, 28, 28), np.uint8)
    assert np.isnan(network.scores(blank)[0, :10]).all()
    with pytest.raises(NotProbabilities):
        network.predict(blank)


def test_it_can_be_activated_by_nobody(unfit):
    with pytest.raises(validation.InvalidModel, match="not probabilities"):
        validation.validate_loadable(unfit)


def test_another_that_is_activated_answers_again(unfit, client, monkeypatch):
    ModelVersion.objects.update(is_active=False)
    ModelVersion.objects.exclude(pk="unfit").update(is_active=True)
    monkeypatch.setattr(serving, "_next_check", 0.0)
    assert client.post("/api/v1/submissions/", {"image": text()}, JSON).status_code == 201
