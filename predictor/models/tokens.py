"""Tokens: what a program shows in place of a visitor's cookie."""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import Error, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from predictor.models.events import SiteEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PREFIX = "digits_"  # so that people, and programs that search for leaked secrets, know one
SECRET = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")
MOST = 6000  # calls a minute, of a site whose core answers a few hundred a second
HINT = len(PREFIX) + 4  # characters that are kept, to tell tokens apart


def digest_of(secret: str) -> str:
    """A password needs a slow hash, because people choose it. 256 random bits can't be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


class TokenQuerySet(models.QuerySet["Token"]):
    def matching(self, secret: str) -> Token | None:
        """Return the token with this secret, unless it was revoked: one query at most."""
        if not SECRET.fullmatch(secret):
            return None
        return self.filter(digest=digest_of(secret), revoked_at=None).first()


class Token(models.Model):
    """Of the secret itself only a hash is stored."""

    name = models.CharField(_("name"), max_length=100, help_text=_("Which program it is for."))
    hint = models.CharField(_("begins with"), max_length=HINT, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    visitor = models.UUIDField(
        default=uuid4, editable=False, help_text="To whom what it submits belongs."
    )
    may_submit = models.BooleanField(
        _("submit"), default=True, help_text=_("Store drawings; list, correct and delete its own.")
    )
    may_predict = models.BooleanField(
        _("predict"), default=True, help_text=_("Have drawings read that are not stored.")
    )
    may_export = models.BooleanField(
        _("export"), default=False, help_text=_("Download the reviewed drawings of all visitors.")
    )
    per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST)],
        help_text=_(
            "So many submissions, and as many predictions. If empty, as many as a visitor."
        ),
    )
    created_at = models.DateTimeField(_("made at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("made by"),
    )
    last_used_on = models.DateField(_("last used on"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(may_submit=True) | Q(may_predict=True) | Q(may_export=True),
                name="token_may_do_something",
                violation_error_message=_("Choose what it may do."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def scopes(self) -> list[str]:
        return [name for name in ("submit", "predict", "export") if getattr(self, f"may_{name}")]

    def make(self, by: User) -> str:
        """Store it. Return its secret, which nobody can find out afterwards."""
        secret = PREFIX + secrets.token_urlsafe(32)
        self.hint, self.digest, self.created_by = secret[:HINT], digest_of(secret), by
        with transaction.atomic():
            self.save(force_insert=True)
            self._record(SiteEvent.Action.TOKEN_MADE, by, scopes=self.scopes)
        return secret

    def revoke(self, by: User) -> bool:
        """Return whether it was not revoked before."""
        with transaction.atomic():
            standing = Token.objects.filter(pk=self.pk, revoked_at=None)
            if revoked := bool(standing.update(revoked_at=timezone.now())):
                self._record(SiteEvent.Action.TOKEN_REVOKED, by)
        return revoked

    def note_use(self) -> None:
        """Store the day, at its first use."""
        today = timezone.now().date()
        if self.last_used_on != today:
            # Predictions go on where nothing can be written.
            with suppress(Error):
                Token.objects.filter(pk=self.pk).update(last_used_on=today)

    def _record(self, action: str, by: User, **details: Any) -> None:
        SiteEvent.objects.record(action, by, token=str(self), **details)
