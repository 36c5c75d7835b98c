"""Who a visitor is: a signed cookie, given when something is stored, and no row anywhere."""

from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "visitor"
MAX_AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie for longer


def visitor_of(request: HttpRequest) -> UUID | None:
    value = request.get_signed_cookie(COOKIE, default=None, max_age=MAX_AGE)
    return UUID(value) if value else None


def ensure_visitor(request: HttpRequest) -> UUID:
    return visitor_of(request) or uuid4()


def remember(request: HttpRequest, response: HttpResponse, visitor: UUID) -> None:
    response.set_signed_cookie(
        COOKIE,
        str(visitor),
        max_age=MAX_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
