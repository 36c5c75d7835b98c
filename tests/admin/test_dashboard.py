import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from predictor.models import ModelVersion
from tests.support.samples import stored

pytestmark = pytest.mark.django_db
URL = "/admin/predictor/submission/dashboard/"
SEVEN = {"digit": 7, "is_digit": True, "confidence": 0.97}


@pytest.fixture
def ann(db):
    ann = User.objects.create(username="ann", is_staff=True)
    ann.groups.add(Group.objects.get_or_create(name="Reviewers")[0])
    return ann


@pytest.fixture
def reviewer(ann):
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def drawings(ann):
    audited = SEVEN | {"audited_at": timezone.now()}
    for label in (7, 7, 1):
        stored(label=label, reviewed_by=ann, **audited)
    stored(label=10, reviewed_by=ann, **SEVEN)
    stored(**audited)


def page_of(client, query=""):
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_it_tells_how_the_site_does(reviewer, drawings):
    html = page_of(reviewer)
    assert "<dt>Waiting</dt><dd>1</dd>" in html
    assert "<td>66.67%</td><td>20.77% to 93.85%</td>" in html
    assert "95 to 99%" in html
    assert '<th scope="row">ann</th><td>4</td><td>4</td><td>4</td>' in html


def test_each_number_of_the_confusion_leads_to_its_drawings(reviewer, drawings):
    html = page_of(reviewer)
    links = re.findall(r'<a href="([^"]*label__exact[^"]*)">(\d+)</a>', html)
    assert len(links) == 3
    for link, number in links:
        listed = reviewer.get(link.replace("&amp;", "&")).context["cl"].result_list
        assert len(listed) == int(number)


def test_it_can_tell_of_one_network_alone(reviewer, ann, drawings):
    ModelVersion.objects.create(version="other 1&2", metadata={}, tflite=b"", keras=b"")
    stored(label=3, reviewed_by=ann, model_id="other 1&2", **SEVEN)
    html = page_of(reviewer, "network=other+1%262")
    [(link, number)] = re.findall(r'<a href="([^"]*label__exact[^"]*)">(\d+)</a>', html)
    [found] = reviewer.get(link.replace("&amp;", "&")).context["cl"].result_list
    assert (found.model_id, number) == ("other 1&2", "1")
    assert "<option selected>other 1&amp;2</option>" in html
    assert "selected" not in page_of(reviewer, "network=lost")


def test_it_says_so_where_there_is_nothing_yet(reviewer):
    html = page_of(reviewer)
    assert "Nothing yet: one in ten" in html
    assert "Nobody has labelled anything" in html


def test_it_is_found_from_the_start_of_the_admin(reviewer):
    assert URL in reviewer.get("/admin/").content.decode()
    assert reverse("admin:predictor_submission_dashboard") == URL


def test_it_reads_counters_and_of_drawings_the_audit_sample_alone(
    reviewer, drawings, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15) as queries:
        page_of(reviewer)
    of_drawings = [each["sql"] for each in queries if 'FROM "predictor_submission"' in each["sql"]]
    assert len(of_drawings) == 1
    assert '"audited_at" IS NOT NULL' in of_drawings[0]


def test_it_says_whether_a_retraining_is_worth_it(reviewer, drawings):
    assert "A retraining is worth it from about 1,000 on." in page_of(reviewer)


def test_only_who_may_see_drawings_may_see_it(reviewer):
    client = Client()
    assert client.get(URL).headers["Location"].startswith("/admin/login/")
    client.force_login(User.objects.create(username="staff", is_staff=True))
    assert client.get(URL).status_code == 403
    assert URL not in client.get("/admin/").content.decode()
    assert reviewer.post(URL).status_code == 405


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_it_is_for_everyone(new_page, live_server, ann, drawings, width, color_scheme):
    client = Client()
    client.force_login(ann)
    page = new_page(viewport={"width": width, "height": 800}, color_scheme=color_scheme)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(URL)
    page.get_by_text("The days as a table").click()
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg rect.reviewed").last.bounding_box()["height"] > 100
