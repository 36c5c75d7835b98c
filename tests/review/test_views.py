import json
import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from predictor.models import LabelEvent, Lease, Submission
from predictor.review import queue
from tests.support.samples import png, stored

pytestmark = pytest.mark.django_db
QUEUE = "/admin/predictor/submission/review/"
SYNC = f"{QUEUE}sync/"
GRID = f"{QUEUE}grid/7/"
SURE = {"digit": 7, "is_digit": True, "confidence": 0.95}


def sync(client, *decisions, have=()):
    body = {"decisions": decisions, "have": have}
    return client.post(SYNC, body, content_type="application/json")


def decision(submission, new, old=None, **more):
    return {"key": uuid4(), "submission": submission.pk, "old": old, "new": new} | more


def press(client, *wrong, **changes):
    """Presses the grid's button, with the drawings at these places clicked."""
    html = client.get(GRID).content.decode()
    shown = re.findall(r'name="shown" value="([^"]+)"', html)
    key = re.search(r'name="key" value="([^"]+)"', html)[1]
    data = {"key": key, "shown": shown, "wrong": [shown[i] for i in wrong]} | changes
    return client.post(GRID, data)


def labels():
    return sorted(Submission.objects.reviewed().values_list("label", flat=True))


# The queue


def test_the_queue_is_reached_from_the_index_and_from_the_list(reviewer):
    for page in ("/admin/", "/admin/predictor/submission/"):
        html = reviewer.get(page).content.decode()
        assert f'href="{QUEUE}"' in html and f'href="{QUEUE}grid/0/"' in html
    html = reviewer.get(QUEUE).content.decode()
    assert 'id="review"' in html and "The queue needs JavaScript." in html


def test_a_card_has_all_that_the_queue_shows(reviewer):
    submission = stored(**SURE, visitor_label=1)
    answer = sync(reviewer).json()
    [card] = answer["cards"]
    assert answer["mine"] == [str(submission.pk)]
    assert answer["left"] == 1
    assert card["drawing"].startswith("data:image/png;base64,")
    assert card["pixels"].startswith("data:image/png;base64,")
    assert (card["predicted"], card["visitor_label"], card["disputed"]) == (7, 1, True)
    assert card["probabilities"] == submission.probabilities
    assert str(submission.visitor) not in json.dumps(card)


def test_what_the_page_has_already_is_not_sent_again(reviewer):
    first, second = stored(**SURE), stored(**SURE)
    answer = sync(reviewer, have=[first.pk]).json()
    assert set(answer["mine"]) == {str(first.pk), str(second.pk)}
    assert [card["id"] for card in answer["cards"]] == [str(second.pk)]


def test_decisions_are_stored_in_their_order_and_each_is_answered(reviewer):
    first, second = stored(**SURE), stored(**SURE)
    mine = "You set this to “not a digit” in another tab or window meanwhile."
    answer = sync(
        reviewer,
        decision(first, 3),
        decision(second, 10),
        decision(first, None, old=3),
        decision(first, 11),
        decision(second, 4),
    ).json()
    assert answer["problems"] == ["", "", "", "", mine]
    assert labels() == [10, 11]
    assert list(LabelEvent.objects.values_list("new", "source")) == [
        (3, "queue"),
        (10, "queue"),
        (None, "undo"),
        (11, "queue"),
    ]


def test_what_is_left_is_counted(reviewer):
    first, _ = stored(**SURE), stored(**SURE)
    assert sync(reviewer).json()["left"] == 2
    assert sync(reviewer, decision(first, 7)).json()["left"] == 1


def test_a_heavy_drawing_is_made_smaller(reviewer, monkeypatch):
    monkeypatch.setattr("predictor.images.MAX_SCREEN_BYTES", len(png()) - 1)
    stored(**SURE)
    [card] = sync(reviewer).json()["cards"]
    assert len(card["drawing"]) < 64_000


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"decisions": {}, "have": []}',
        '{"decisions": [1], "have": []}',
        '{"decisions": [{}], "have": []}',
        '{"decisions": [], "have": ["x"]}',
        '{"decisions": [], "have": [null]}',
        json.dumps({"decisions": [], "have": [str(uuid4())] * 1001}),
        json.dumps({"decisions": [{"key": "x", "submission": "x"}] * 101, "have": []}),
        "[" * 5000,
        '{"decisions": [{"key": "\\ud800"}], "have": []}',
    ],
    ids=range(12),
)
def test_what_is_no_decision_is_refused(reviewer, body):
    response = reviewer.post(SYNC, body, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("label", [12, -1, "x", 7.5, True, [], {}, "not_a_digit", "\ud800"])
def test_a_label_that_is_none_is_refused(reviewer, label):
    assert sync(reviewer, decision(stored(), label)).status_code == 400
    assert not LabelEvent.objects.exists()


def test_the_time_does_not_grow_with_what_is_asked(reviewer, django_assert_max_num_queries):
    rows = [stored(**SURE) for _ in range(12)]
    sync(reviewer)
    with django_assert_max_num_queries(30):
        sync(reviewer, decision(rows[0], 7))


def test_a_labelled_drawing_is_fetched_by_reviewers_alone(reviewer, client):
    row = stored(**SURE)
    sync(reviewer, decision(row, 3))
    assert sync(reviewer).json()["recent"][0]["label"] == 3
    card = reviewer.get(f"{QUEUE}{row.pk}/").json()
    assert card["id"] == str(row.pk) and card["paths"] == []
    assert reviewer.get(f"{QUEUE}{uuid4()}/").status_code == 404
    assert client.get(f"{QUEUE}{row.pk}/").status_code == 403
    assert reviewer.put(f"{QUEUE}{row.pk}/").status_code == 405


# The grid


def test_all_but_the_clicked_are_labelled_and_one_press_takes_them_back(reviewer, ann):
    for _ in range(4):
        stored(**SURE)
    assert press(reviewer, 1).headers["Location"] == GRID
    assert labels() == [7, 7, 7]
    assert {event.source for event in LabelEvent.objects.all()} == {"grid"}
    assert Lease.objects.get(in_grid=False).reviewer == ann
    html = reviewer.get(GRID).content.decode()
    assert "3 labelled 7." in html and "The 1 that you clicked comes next in" in html
    reviewer.post(GRID, {"take_back": ""})
    assert labels() == []
    assert LabelEvent.objects.filter(source="undo").count() == 3
    assert "Take them back" not in reviewer.get(GRID).content.decode()
    assert reviewer.post(GRID, {"take_back": ""}).status_code == 302


def test_pressing_twice_does_it_once(reviewer):
    stored(**SURE)
    html = reviewer.get(GRID).content.decode()
    data = dict(re.findall(r'name="(key|shown)" value="([^"]+)"', html))
    reviewer.post(GRID, data)
    reviewer.post(GRID, data)
    assert LabelEvent.objects.count() == 1
    assert "1 labelled 7." in reviewer.get(GRID).content.decode()


def test_the_grid_shows_sixty(reviewer, monkeypatch):
    assert queue.GRID_SIZE == 60
    monkeypatch.setattr(queue, "GRID_SIZE", 2)
    for _ in range(3):
        stored(**SURE)
    assert reviewer.get(GRID).content.count(b'type="checkbox"') == 2


def test_an_empty_grid_says_so(reviewer):
    assert "waits for a label" in reviewer.get(GRID).content.decode()


@pytest.mark.parametrize(
    "changes", [{"key": "x"}, {"shown": ["x"]}, {"wrong": [""]}, {"shown": [str(uuid4())] * 61}]
)
def test_what_the_grid_does_not_send_is_refused(reviewer, changes):
    stored(**SURE)
    assert press(reviewer, **changes).status_code == 400
    assert labels() == []


def test_what_another_holds_is_not_said_to_be_none(reviewer):
    stored(**SURE)
    bob = User.objects.create(username="bob")
    queue.hand_out_grid(bob, 7)
    page = reviewer.get(GRID).content.decode()
    assert "are held just now" in page and "1 drawing held by bob until" in page
    assert "1 drawing held by bob until" in sync(reviewer).json()["held"][0]
    assert "waits for a label." in reviewer.get(f"{QUEUE}grid/8/").content.decode()
    Lease.objects.all().delete()
    assert sync(reviewer).json()["held"] == []


def test_there_is_no_grid_for_what_cannot_be_predicted(reviewer):
    for label in (11, 12, 10**30):
        assert reviewer.get(f"{QUEUE}grid/{label}/").status_code == 404
    assert reviewer.get(f"{QUEUE}grid/10/").status_code == 200
    assert reviewer.put(GRID).status_code == 405


# Who may


def test_strangers_are_asked_to_sign_in(client):
    stored()
    for page in (QUEUE, GRID):
        assert client.get(page).headers["Location"].startswith("/admin/login/")
    assert sync(client).status_code == 403
    assert not Lease.objects.exists()


@pytest.mark.parametrize(
    "is_staff, permission", [(True, None), (True, "view_submission"), (False, "change_submission")]
)
def test_who_may_not_label_sees_nothing(is_staff, permission):
    user = User.objects.create(username="other", is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename=permission))
    client = Client()
    client.force_login(user)
    submission = stored()
    for page in (QUEUE, GRID):
        assert client.get(page).status_code == (403 if is_staff else 302)
    assert sync(client, decision(submission, 7)).status_code == 403
    assert client.post(GRID, {"take_back": ""}).status_code == (403 if is_staff else 302)
    assert not LabelEvent.objects.exists() and not Lease.objects.exists()


def test_other_sites_cannot_label(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    assert sync(client, decision(stored(), 7)).status_code == 403
    assert client.post(GRID, {"take_back": ""}).status_code == 403
    client.get(QUEUE)
    token = client.cookies["csrftoken"].value
    body = {"decisions": [], "have": []}
    headers = {"X-CSRFToken": token}
    assert client.post(SYNC, body, "application/json", headers=headers).status_code == 200
    foreign = headers | {"Origin": "https://elsewhere.example"}
    assert client.post(SYNC, body, "application/json", headers=foreign).status_code == 403


@pytest.mark.parametrize("typed", ["", "3", f"{uuid4()} 10", f"{uuid4()} x", f"{'-' * 36} 3", "\0"])
def test_a_typed_label_that_is_none_is_refused(reviewer, typed):
    stored(**SURE)
    assert press(reviewer, typed=[typed]).status_code == 400
    assert not LabelEvent.objects.exists()
