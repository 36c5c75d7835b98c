from typing import Any

from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class NotFromOtherSites(BasePermission):
    """Browsers name the page that a request comes from; programs have no reason to.

    The cookie alone (SameSite=Lax) would not keep another site from giving a visitor a new one.
    """

    message = "Requests from the pages of other sites are refused."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return True
        if "Origin" not in request.headers:
            return request.headers.get("Sec-Fetch-Site") not in {"cross-site", "same-site"}
        csrf: Any = CsrfViewMiddleware(lambda request: HttpResponse())
        return bool(csrf._origin_verified(request))
