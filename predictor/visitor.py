"""Who a visitor is: a signed cookie, given when something is stored, and no row anywhere.

A program with a token is the visitor that its token names, and gets no cookie.
"""

from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from predictor.models import Token

COOKIE = "visitor"
KNOWN = "digitsite.visitor"
MAX_AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie for longer


def visitor_of(request: HttpRequest | Request) -> UUID | None:
    if token := token_of(request):
        return token.visitor
    if KNOWN not in request.META:  # to verify the signature again takes longer
        value = request.get_signed_cookie(COOKIE, default=None, max_age=MAX_AGE)
        request.META[KNOWN] = UUID(value) if value else None
    return cast(UUID | None, request.META[KNOWN])


def ensure_visitor(request: HttpRequest | Request) -> UUID:
    return visitor_of(request) or uuid4()


def remember(request: HttpRequest | Request, response: HttpResponse, visitor: UUID) -> None:
    if token_of(request):
        return  # which may be revoked, as no cookie can be
    response.set_signed_cookie(
        COOKIE,
        str(visitor),
        max_age=MAX_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def token_of(request: HttpRequest | Request) -> Token | None:
    """Return the one that the API has found to be valid; pages take none."""
    return getattr(request, "auth", None)
