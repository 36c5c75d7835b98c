"""Programs are known by a token; all others are visitors, and show nothing but their cookie."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from predictor.models import Token

KEYWORD = b"bearer"
UNKNOWN = _("There is no such token, or it was revoked. Ask whoever runs this site for another.")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer digits_…`; whatever a proxy asks for, such as Basic, is its own."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Token] | None:
        keyword, _space, secret = get_authorization_header(request).partition(b" ")
        if keyword.lower() != KEYWORD:
            return None
        token = Token.objects.matching(secret.strip().decode("latin-1"))
        if not token:
            raise AuthenticationFailed(UNKNOWN)
        token.note_use()
        return AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that whoever runs the site has made. What is submitted with it"
            " belongs to it, as what a browser submits belongs to its cookie.",
        }

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Without a token one is a visitor, where visitors may."""
        needed: dict[str, Any] = {self.name: []}
        return [needed] if auto_schema.view.needs_token else [needed, {}]
