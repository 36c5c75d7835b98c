"""Programs: known by their token, and keeping no cookie."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from predictor.models import Token


def made(**columns: Any) -> tuple[Token, str]:
    """Return a token and its secret."""
    ada, _ = User.objects.get_or_create(username="ada")
    token = Token(**{"name": "a program"} | columns)
    return token, token.make(ada)


def holder_of(secret: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {secret}"})


def program(**columns: Any) -> Client:
    return holder_of(made(**columns)[1])
