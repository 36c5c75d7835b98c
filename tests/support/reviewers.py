"""A reviewer, and the client with which she is logged in."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from predictor.apps import REVIEWERS


@pytest.fixture
def ann(db) -> User:
    ann = User.objects.create(username="ann", is_staff=True)
    ann.groups.add(Group.objects.get(name=REVIEWERS))
    return ann


@pytest.fixture
def reviewer(ann) -> Client:
    client = Client()
    client.force_login(ann)
    return client
