"""The page that tells how a drawing was read, as the server makes it."""

from uuid import uuid4

import cv2
import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from ml.corruptions import CORRUPTIONS
from predictor import submissions
from predictor.models import ModelVersion, Submission
from predictor.registry import serving
from predictor.web import explanation
from tests.support.digits import ink
from tests.support.networks import another
from tests.support.samples import stored
from tests.support.visitors import known

pytestmark = pytest.mark.django_db


def url(drawing: Submission) -> str:
    return reverse("predictor:explain", args=[drawing.pk])


@pytest.fixture
def drawing(client):
    return stored(known(client))


def test_it_shows_every_step_to_what_the_network_saw(client, drawing, django_assert_num_queries):
    with django_assert_num_queries(2):
        page = client.get(url(drawing)).content.decode()
    assert page.count("data:image/png;base64,") == 4
    assert "smaller copy" not in page
    assert page.count("<td>255</td>") == bytes(drawing.pixels).count(255) > 0
    assert 'viewBox="0 0 280 280"' in page
    box = explanation.explain(drawing).steps[1].box
    assert f'x="{box[0]}" y="{box[1]}" width="{box[2]}" height="{box[3]}"' in page


def test_the_box_holds_all_ink_and_its_longer_side_becomes_20_pixels(drawing):
    _, box, small, seen = explanation.explain(drawing).steps
    pixels = cv2.imdecode(np.frombuffer(drawing.drawing, np.uint8), cv2.IMREAD_GRAYSCALE)
    x, y, width, height = box.box
    outside = pixels.copy()
    outside[y : y + height, x : x + width] = 255
    assert outside.min() > 200  # the fringe of anti-aliasing at most
    assert "20 wide" in small.words or "20 high" in small.words
    assert seen.balance == (14.5, 14.5)


def test_a_photograph_has_the_steps_that_find_the_digit_on_the_paper(client):
    photograph = CORRUPTIONS["ruled"](ink(4, canvas=280, pen=12), np.random.default_rng(0))
    file = cv2.imencode(".png", photograph)[1].tobytes()
    drawing, _ = submissions.submit(serving.network(), visitor=known(client), image=file)
    page = client.get(url(drawing)).content.decode()
    titles = ["The ink", "The sheet", "Shadows gone", "Lines gone", "Dust gone", "A box round it"]
    places = [page.index(f"<b>{title}</b>") for title in titles]
    assert places == sorted(places)


def test_it_says_when_the_steps_can_be_made_again_only_nearly_or_not_at_all(client, drawing):
    Submission.objects.update(pixels=bytes(784))
    assert "smaller copy" in client.get(url(drawing)).content.decode()
    Submission.objects.update(drawing=b"no picture")
    page = client.get(url(drawing)).content.decode()
    assert "can’t be read any more" in page
    assert "data:image" not in page


def test_it_tells_scores_and_the_active_networks_figures_flattering_or_not(client, drawing):
    active = ModelVersion.objects.active().get()
    page = client.get(url(drawing)).content.decode()
    assert f"divided by {active.metadata['temperature']:.3f}" in page
    refused = 1 - active.metadata["metrics"]["rejection"]["digits_kept"]
    for figure in (active.metric("pens", "medium", "accuracy"), refused):
        assert f"<dd>{figure:.2%}</dd>" in page
    assert "was read by an older one" not in page
    active.metadata["metrics"] = {}
    active.save()
    assert "No figures are known" in client.get(url(drawing)).content.decode()


def test_the_figures_are_those_of_the_network_that_answers_now(client, drawing):
    newer = another("newer")
    newer.metadata["metrics"] = {"mnist": {"accuracy": 0.5}}
    newer.save()
    ModelVersion.objects.active().update(is_active=False)
    ModelVersion.objects.filter(pk=newer.pk).update(is_active=True)
    page = client.get(url(drawing)).content.decode()
    assert page.count("<dd>50.00%</dd>") == 1
    assert f"was read by an older one, {drawing.model_id}" in page
    ModelVersion.objects.update(is_active=False)
    assert "No figures are known" in client.get(url(drawing)).content.decode()


def test_the_worst_condition_is_named():
    pens = {"medium": {"accuracy": 0.99}, "upside down": {"accuracy": 0.25}, "odd": {}}
    rows = explanation.figures(ModelVersion(metadata={"metrics": {"pens": pens}}))
    assert [figure for words, figure in rows if "upside down" in words] == ["25.00%"]


def test_the_drawings_page_leads_there_and_other_visitors_find_nothing(client, drawing):
    assert url(drawing) in client.get(drawing.get_absolute_url()).content.decode()
    other = stored(uuid4())
    for stranger in (client, Client()):
        assert stranger.get(url(other)).status_code == 404
    assert client.post(url(drawing)).status_code == 405
