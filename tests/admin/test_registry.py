import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.urls import reverse

from predictor import erasure
from predictor.apps import REVIEWERS
from predictor.models import Activation, ModelVersion, TrainingSample
from predictor.registry import evaluation, retraining
from tests.support.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]
LIST = "/admin/predictor/modelversion/"


@pytest.fixture
def operator(client):
    user = User.objects.create(username="olga", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename="change_modelversion"))
    client.force_login(user)
    return user


@pytest.fixture
def reviewer(client):
    user = User.objects.create(username="rita", is_staff=True)
    user.groups.add(Group.objects.get(name=REVIEWERS))
    client.force_login(user)


def active() -> str:
    return ModelVersion.objects.active().get().version


def test_networks_are_side_by_side(admin_client, good, bad, django_assert_max_num_queries):
    with django_assert_max_num_queries(7) as queries:
        page = admin_client.get(LIST).content.decode()
    assert "bad" in page and good.version in page
    accuracy = good.metric("pens", "medium", "unseen_tablet")
    assert page.count(f"{accuracy:.2%}") == 2
    asked = " ".join(query["sql"] for query in queries.captured_queries)
    assert "tflite" not in asked and "manifests" not in asked


def test_one_network_tells_all_that_is_known_of_it(admin_client, good, bad, data):
    [drawing] = reviewed(good, [1])
    TrainingSample.objects.create(model_version=bad, submission_id=drawing.pk, role="trained")
    comparison = evaluation.compare(bad, good, data)
    response = admin_client.get(f"{LIST}bad/change/")
    page = response.content.decode()
    assert comparison.get_absolute_url() in page
    assert reverse("admin:predictor_modelversion_activate", args=["bad"]) in page
    assert "trained on it: 1" in page
    assert "sha256" in page  # of what it was trained on
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}bad/delete/", {"post": "yes"}).status_code == 403


def test_what_it_breaks_is_shown(admin_client, good, bad, data):
    reviewed(good, [1] * 6)
    comparison = evaluation.compare(bad, good, data)
    page = admin_client.get(comparison.get_absolute_url()).content.decode()
    assert page.count('<img src="data:image/png;base64,') == 6
    assert "Broken: 6" in page and "Fixed: 0" in page
    assert "It is worse on reviewed drawings" in page
    assert "style=" not in page.split("<main")[1]


def test_an_operator_activates_one_and_goes_back(client, operator, good, bad, data):
    evaluation.compare(bad, good, data)
    url = reverse("admin:predictor_modelversion_activate", args=["bad"])
    assert "Activate it" in client.get(url).content.decode()
    assert active() == good.version
    assert client.post(url).status_code == 302
    assert active() == "bad"
    assert Activation.objects.first().actor == operator
    back = reverse("admin:predictor_modelversion_activate", args=[good.version])
    client.post(back)
    assert active() == good.version
    assert Activation.objects.first().forced_because == ""


def test_asked_twice_it_is_activated_once(client, operator, good, bad, data):
    evaluation.compare(bad, good, data)
    url = reverse("admin:predictor_modelversion_activate", args=["bad"])
    before = Activation.objects.count()
    for _ in range(2):
        client.post(url)
    assert Activation.objects.count() == before + 1


def test_one_that_was_not_compared_needs_a_reason(client, operator, good, bad):
    url = reverse("admin:predictor_modelversion_activate", args=["bad"])
    for reason in ({}, {"reason": "  "}):
        page = client.post(url, reason).content.decode()
        assert "compare_models bad" in page
    assert active() == good.version
    client.post(url, {"reason": "an emergency"})
    assert active() == "bad"
    assert Activation.objects.first().forced_because == "an emergency"


def test_a_worse_one_needs_a_reason(client, operator, good, bad, data):
    reviewed(good, [1] * 6)
    evaluation.compare(bad, good, data)
    url = reverse("admin:predictor_modelversion_activate", args=["bad"])
    assert "It is worse on reviewed drawings" in client.post(url).content.decode()
    assert active() == good.version


def test_one_that_can_not_serve_is_not_activated(client, operator, good, bad, data):
    evaluation.compare(bad, good, data)
    ModelVersion.objects.filter(pk="bad").update(tflite=b"damaged")
    url = reverse("admin:predictor_modelversion_activate", args=["bad"])
    page = client.post(url, follow=True).content.decode()
    assert "Bad can&#x27;t be loaded" in page
    assert active() == good.version


def test_reviewers_have_no_say_in_it(client, reviewer, good, bad, data):
    comparison = evaluation.compare(bad, good, data)
    url = reverse("admin:predictor_modelversion_activate", args=["bad"])
    for path in (LIST, f"{LIST}bad/change/", comparison.get_absolute_url(), url):
        assert client.get(path).status_code == 403
    assert client.post(url).status_code == 403
    assert active() == good.version


@pytest.mark.parametrize("wrong", ["0.99", True, [1], {"accuracy": 1}, -1, 10**400, 1e300])
def test_figures_that_are_none_are_left_out(admin_client, good, bad, data, wrong, capsys, folders):
    """Of rows that were stored before these were looked at."""
    reviewed(good, [1])
    comparison = evaluation.compare(bad, good, data)
    bad.metadata = bad.metadata | {
        "metrics": {
            "mnist": {"accuracy": wrong},
            "pens": {"medium": {"accuracy": wrong, "unseen_tablet": wrong}},
            "calibration": wrong,
            "rejection": {"others_rejected": wrong},
        },
        "corrections": {"trained": wrong},
        "data": [wrong],
    }
    bad.manifests = [{"files": {}, "filters": {"until": wrong}}]
    bad.save()
    call_command("list_models")
    assert "Listed 2 networks" in capsys.readouterr().out
    call_command("compare_models", "bad")
    activate = reverse("admin:predictor_modelversion_activate", args=["bad"])
    for url in (LIST, f"{LIST}bad/change/", activate, comparison.get_absolute_url()):
        assert admin_client.get(url).status_code == 200
    assert retraining.last_exported("bad") is None


def test_what_is_not_there_is_not_found(admin_client, good):
    assert admin_client.get(f"{LIST}lost/activate/").status_code == 404
    assert admin_client.get(f"{LIST}comparison/7/").status_code == 404


def test_a_drawing_tells_which_networks_were_trained_on_it(admin_client, good, bad):
    [drawing, other] = reviewed(good, [1, 2])
    TrainingSample.objects.create(model_version=bad, submission_id=drawing.pk, role="trained")
    TrainingSample.objects.create(model_version=good, submission_id=drawing.pk, role="suspected")
    ModelVersion.objects.create(version="child", parent=bad, metadata={}, tflite=b"", keras=b"")
    pages = [
        admin_client.get(f"/admin/predictor/submission/{row.pk}/change/").content.decode()
        for row in (drawing, other)
    ]
    assert "child, bad" in pages[0] and "child, bad" not in pages[1]


def test_training_samples_lead_from_a_network_to_its_drawings(admin_client, good, bad):
    [kept, erased] = reviewed(good, [1, 2])
    for drawing in (kept, erased):
        TrainingSample.objects.create(model_version=bad, submission_id=drawing.pk, role="trained")
    erasure.erase(erased)
    url = "/admin/predictor/trainingsample/"
    page = admin_client.get(url, {"model_version__version__exact": "bad"}).content.decode()
    assert f"/admin/predictor/submission/{kept.pk}/change/" in page
    assert str(erased.pk) in page and "erased" in page
    found = admin_client.get(url, {"q": str(erased.pk)}).content.decode()
    assert str(erased.pk) in found and str(kept.pk) not in found
    assert admin_client.get(url, {"q": "x"}).status_code == 200


def test_of_an_erased_drawing_it_is_known_which_networks_were_trained_on_it(
    admin_client, good, bad, django_assert_max_num_queries
):
    rows = reviewed(good, [1, 2, 3])
    TrainingSample.objects.create(model_version=bad, submission_id=rows[0].pk, role="trained")
    erasure.erase_all(type(rows[0]).objects.all())
    url = "/admin/predictor/tombstone/"
    with django_assert_max_num_queries(8):
        page = admin_client.get(url).content.decode()
    assert page.count('<td class="field-trained_versions">none</td>') == 2
    assert page.count('<td class="field-trained_versions">bad</td>') == 1
    page = admin_client.get(url, {"trained_on": "yes"}).content.decode()
    assert str(rows[0].pk) in page and str(rows[1].pk) not in page
