"""The list of drawings in the admin, as a reviewer uses it."""

import re

from django.utils import timezone

from predictor.models import LabelEvent
from tests.support.samples import stored

LIST = "/admin/predictor/submission/"
NETWORKS = "/admin/predictor/modelversion/"
SURE = {"digit": 7, "is_digit": True, "confidence": 0.95}


def page_of(submission):
    return f"{LIST}{submission.pk}/change/"


def reviewed(label, by, **changes):
    return stored(label=label, reviewed_by=by, reviewed_at=timezone.now(), **changes)


def shown(client, query=""):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def inputs(response):
    """What a browser would send back from the form as it was shown."""
    html = response.content.decode()
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', html))
    for name, choices in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', choices)
        found[name] = chosen[1] if chosen else ""
    return found


def label_on_page(client, submission, label):
    form = inputs(client.get(page_of(submission)))
    return client.post(page_of(submission), form | {"label": label, "_save": "Save"}, follow=True)


def act(client, action, submissions, **more):
    data = {"action": action, "index": 0, "_selected_action": [row.pk for row in submissions]}
    return client.post(LIST, data | more, follow=True)


def messages(response):
    return [str(message) for message in response.context["messages"]]


def events():
    return list(LabelEvent.objects.values_list("old", "new", "actor__username", "source"))
