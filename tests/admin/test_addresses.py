"""Whatever stands in an address of the admin, it is answered, and never by an error of the site."""

import itertools
import random

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import BadRequest
from django.db import models, transaction
from django.test import Client
from django.utils import timezone

from digitsite import admin_site
from predictor.models import Tombstone, TrainingSample
from predictor.registry import serving
from tests.support.programs import made
from tests.support.samples import stored

admin.autodiscover()
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
VALUES = [
    "",
    "0",
    "-1",
    "99999",
    "9" * 30,
    "-" + "9" * 400,
    "1e999",
    "nan",
    "x",
    "\0",
    "a\0b",
    "\ud800".encode("utf-8", "surrogatepass"),
    "٣",
    "0001-01-01 00:00:00+14:00",
    "9999-12-31 23:59:59-12:00",
    "0000-00-00",
    "9999-12-31",
    "00000000-0000-0000-0000-00000000000g",
    "1,2",
    "{}",
    "[" * 300,
    "True",
    "(",
]
LOOKUPS = [
    *("", "exact", "iexact", "in", "range", "gt", "gte", "lt", "lte", "isnull"),
    *("year", "iso_year", "month", "day", "week", "week_day", "quarter", "date", "time", "hour"),
    *("year__gte", "date__lt", "contains", "startswith", "search", "regex", "has_key", "nope"),
]
ASKED = 80  # of the thousands that can be put together for a list; all of them take minutes
OTHERS = ["p", "q", "o", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters", "pk"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def something_in_each_list(admin_client):
    network = serving.network().version
    row = stored()
    TrainingSample.objects.create(model_version_id=network, submission_id=row.pk, role="trained")
    Tombstone.objects.create(id=row.pk, erased_at=timezone.now())
    made()
    User.objects.create(username="ann").groups.add(Group.objects.get())


def url_of(model: type[models.Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def questions(model):
    fields = [field.name for field in model._meta.get_fields()]
    names = [f"{field}__{lookup}".removesuffix("__") for field in fields for lookup in LOOKUPS]
    all_of_them = list(itertools.product([*OTHERS, *names], VALUES))
    return random.Random(model._meta.label).sample(all_of_them, ASKED)


def assert_answered(response, what):
    assert response.status_code in (200, 301, 302, 400, 403, 404), what


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_value_in_the_address_of_a_list_breaks_it(admin_client, model):
    for name, value in questions(model):
        before = transaction.savepoint()
        response = admin_client.get(url_of(model), {name: value})
        transaction.savepoint_rollback(before)  # PostgreSQL answers nothing after an error in one
        assert_answered(response, (name, value))
        if response.status_code == 302:
            assert response.headers["Location"].endswith("?e=1"), (name, value)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_lists_are_whole_where_an_address_made_no_sense(admin_client, model):
    senseless = {"pk__in": "\0", "p": "9" * 20, "id__year": "0"}
    page = admin_client.get(url_of(model), senseless, follow=True)
    assert page.redirect_chain == [(f"{url_of(model)}?e=1", 302)]
    assert page.status_code == 200 and page.context["cl"].result_count
    assert admin_client.get(url_of(model), senseless | {"e": "1"}).status_code in (200, 400)


def test_a_fault_of_the_code_that_looks_like_one_of_the_address_is_in_the_log(rf, caplog):
    def faulty(request):
        raise TypeError("a fault of the code")

    with pytest.raises(BadRequest):
        admin_site.sensible(faulty)(rf.get("/admin/", {"q": "1"}))
    assert "a fault of the code" in caplog.text


@pytest.mark.parametrize("query", [
    "created_at__year=0",
    "created_at__year=99999",
    "created_at__gte=0001-01-01%2000:00:00%2B14:00",
    "label__in=99999999999999999999",
    "created_at__year=0&_facets=True",
])  # fmt: skip
def test_drawings_of_a_time_that_never_was_are_not_looked_for(admin_client, query):
    response = admin_client.get(f"/admin/predictor/submission/?{query}")
    if response.status_code == 200:  # PostgreSQL compares with some of them
        assert not response.context["cl"].result_count or "gte" in query
    else:
        assert response.headers["Location"] == "/admin/predictor/submission/?e=1"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("value", ["x", "9" * 40, "-1", "%00", "%ED%A0%80", "0" * 300])
def test_no_id_breaks_a_page(admin_client, model, value):
    for page in ("change", "delete", "history", "activate", ""):
        assert_answered(admin_client.get(f"{url_of(model)}{value}/{page}"), page)
    data = {"action": "delete_selected", "index": 0, "_selected_action": value, "post": "yes"}
    assert_answered(admin_client.post(f"{url_of(model)}?pk__in=%00", data), "post")
    assert_answered(admin_client.post(url_of(model), data | {"_selected_action": "\0"}), "post")


@pytest.mark.parametrize("path", [
    "r/1/x/", "r/%00/1/", "r/99999999999999999999999/x/",
    "autocomplete/?app_label=auth&model_name=user&field_name=groups&term=%00&p=x",
    "predictor/submission/dashboard/?network=%00",
    "predictor/submission/review/grid/99999999999999999999/",
    "predictor/modelversion/comparison/99999999999999999999999/",
    "login/?next=%00", "login/?next=//[", "jsi18n/?x=%00", "password_change/?x=%00",
])  # fmt: skip
def test_no_other_address_breaks_a_page(admin_client, path):
    assert_answered(admin_client.get(f"/admin/{path}"), path)
    assert_answered(Client().get(f"/admin/{path}"), path)


def test_every_kind_of_row_has_a_page_that_takes_ids_which_are_none(admin_client):
    from django.contrib.contenttypes.models import ContentType

    for kind in ContentType.objects.all():
        for value in ("x", "%00", "9" * 30):
            assert_answered(admin_client.get(f"/admin/r/{kind.pk}/{value}/"), kind)


def test_words_without_end_are_not_searched_for(admin_client):
    url = "/admin/auth/user/"
    assert admin_client.get(url, {"q": "a " * 400}).status_code == 200
    assert admin_client.get(url, {"q": "a " * 4000}).status_code == 400


def test_an_error_that_nothing_asked_for_stays_one(rf):
    def broken(request):
        raise ValueError

    with pytest.raises(ValueError):
        admin_site.sensible(broken)(rf.get("/admin/"))
