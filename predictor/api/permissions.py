from typing import Any

from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from predictor.visitor import token_of


class NotFromOtherSites(BasePermission):
    """Browsers name the page that a request comes from; programs have no reason to.

    The cookie alone (SameSite=Lax) would not keep another site from giving a visitor a new one.
    """

    message = _("Requests from the pages of other sites are refused.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return True
        if "Origin" not in request.headers:
            return request.headers.get("Sec-Fetch-Site") not in {"cross-site", "same-site"}
        csrf: Any = CsrfViewMiddleware(lambda request: HttpResponse())
        return bool(csrf._origin_verified(request))


class TokenAllows(BasePermission):
    """A token may do what its scopes say; visitors without one, whatever needs none."""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = token_of(request)
        if not token:
            if view.needs_token:
                text = gettext("This takes a token with the scope “%(scope)s”.")
                raise NotAuthenticated(text % {"scope": view.scope})
            return True
        text = gettext("This token has not the scope “%(scope)s”.")
        self.message = text % {"scope": view.scope}
        return not view.scope or view.scope in token.scopes
