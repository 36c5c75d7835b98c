from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

PERMISSION = "predictor.change_submission"


def may_review(request: HttpRequest | Request) -> bool:
    return admin.site.has_permission(request) and request.user.has_perm(PERMISSION)


def reviewer_of(request: HttpRequest | Request) -> User:
    """Nobody else gets so far: the admin's pages ask who it is first."""
    return cast(User, request.user)


class MayReview(BasePermission):
    message = _("You are signed out, or may not review.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_review(request)
