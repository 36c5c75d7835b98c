import pytest
from django.core.management import call_command

from predictor.models import SiteEvent
from predictor.models.events import operator
from predictor.registry import promotion
from tests.support.networks import another

pytestmark = pytest.mark.django_db
LIST = "/admin/predictor/siteevent/"


def test_what_was_done_is_seen_with_who_and_when(admin_client, admin_user, tmp_path):
    promotion.activate(another("chosen"), admin_user, "it reads sevens")
    call_command("export_corrections", output=tmp_path / "labels.csv", format="csv", model="chosen")
    page = admin_client.get(LIST).content.decode()
    for text in ("activated a network", "network: chosen", "forced_because: it reads sevens"):
        assert text in page
    for text in ("exported labels", "format: csv", "count: 0", "model chosen", operator()):
        assert text in page
    shown = admin_client.get(f"{LIST}?action__exact=export").context["cl"].result_list
    assert [row.who for row in shown] == [operator()]
    found = admin_client.get(f"{LIST}?q=admin").context["cl"].result_list
    assert [row.action for row in found] == ["activation"]


def test_many_of_them_take_no_more_queries(admin_client, django_assert_max_num_queries):
    for number in range(60):
        SiteEvent.objects.record(SiteEvent.Action.PURGE, drawings=number)
    with django_assert_max_num_queries(5):
        assert admin_client.get(LIST).status_code == 200


def test_nobody_adds_changes_or_deletes_one(admin_client):
    event = SiteEvent.objects.record(SiteEvent.Action.PURGE)
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{event.pk}/change/", {"who": "nobody"}).status_code == 403
    assert admin_client.post(f"{LIST}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    assert SiteEvent.objects.get(pk=event.pk).who == operator()


def test_reviewers_see_none(reviewer):
    assert reviewer.get(LIST).status_code == 403
