"""What was done to the site, by whom and when: what leaves it, what answers, who may come in."""

from __future__ import annotations

import os
import pwd
from socket import gethostname
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def operator() -> str:
    """Return who runs this process, as the system knows them: `ada as digits@web1` with sudo."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # as in many containers
        user = str(os.getuid())
    asked = os.environ.get("SUDO_USER", user)
    return f"{user}@{gethostname()}" if asked == user else f"{asked} as {user}@{gethostname()}"


class SiteEventQuerySet(models.QuerySet["SiteEvent"]):
    def record(self, action: str, who: User | str | None = None, /, **details: Any) -> SiteEvent:
        """Store that this was done by a user, by whom the text names, or else by the operator."""
        return self.create(action=action, who=str(who or operator()), details=details)


class SiteEvent(models.Model):
    """One of them, which nobody changes or deletes: the database refuses it.

    It names people in words, so that it says the same when their account is gone.
    """

    class Action(models.TextChoices):
        EXPORT = "export", _("exported labels")
        ADDITION = "addition", _("added a network")
        ACTIVATION = "activation", _("activated a network")
        RETRAINING = "retraining", _("retrained")
        PURGE = "purge", _("purged drawings")
        TOKEN_MADE = "token-made", _("made a token")
        TOKEN_REVOKED = "token-revoked", _("revoked a token")

    at = models.DateTimeField(_("when"), default=timezone.now)
    who = models.TextField(_("who"))
    action = models.CharField(_("what"), max_length=16, choices=Action.choices)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)

    objects = SiteEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.who} {self.get_action_display()}"
