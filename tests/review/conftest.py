import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from predictor.review import queue
from tests.support.reviewing import QUEUE


@pytest.fixture
def no_audit(monkeypatch):
    monkeypatch.setattr(queue, "AUDIT_RATE", 0)


@pytest.fixture
def open_as(new_page, live_server):
    """Opens a page of the admin as this reviewer."""

    def open_page(name, url=QUEUE, **options):
        reviewer, _ = User.objects.get_or_create(username=name, is_staff=True)
        reviewer.groups.set(Group.objects.filter(name="Reviewers"))
        client = Client()
        client.force_login(reviewer)
        page = new_page(**options)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        page.context.add_cookies([cookie | {"url": live_server.url}])
        page.goto(url)
        return page

    return open_page
