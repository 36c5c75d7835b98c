"""Who gave which label when, and which submissions are before whom."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from predictor.models.submissions import Label, Submission


class LabelEvent(models.Model):
    """One change of a label. Taking a label back is another event."""

    class Source(models.TextChoices):
        LIST = "admin-list", _("in the list")
        PAGE = "admin-page", _("on its page")
        CONFIRM_PREDICTION = "confirm", _("confirmed the prediction")
        VISITOR = "claim", _("accepted the visitor's label")
        QUEUE = "queue", _("in the queue")
        GRID = "grid", _("in the grid")
        CONFIRM_LABEL = "again", _("confirmed at a second look")
        UNDO = "undo", _("taken back")

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="events")
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("actor"),
    )
    old = models.SmallIntegerField(_("old"), choices=Label.choices, null=True)
    new = models.SmallIntegerField(_("new"), choices=Label.choices, null=True)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    idempotency_key = models.UUIDField(
        null=True, editable=False, help_text="Made by the page, which may send it twice."
    )

    class Meta:
        verbose_name = _("label event")
        verbose_name_plural = _("label events")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["actor", "id"], name="event_by_actor"),
            models.Index(fields=["submission"], name="event_again", condition=Q(source="again")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="event_is_stored_once",
            ),
            models.CheckConstraint(
                condition=(Q(old__isnull=True) | Q(old__range=(0, 11)))
                & (Q(new__isnull=True) | Q(new__range=(0, 11))),
                name="event_labels_in_range",
            ),
        ]

    def __str__(self) -> str:
        labels = {"old": self.get_old_display(), "new": self.get_new_display()}
        shown = {name: label or gettext("none") for name, label in labels.items()}
        return gettext("%(old)s to %(new)s") % shown


class Lease(models.Model):
    """Keeps a drawing that is before one reviewer from all others, for a while."""

    submission = models.OneToOneField(Submission, models.CASCADE, primary_key=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="+",
        help_text="None where somebody has skipped it.",
    )
    in_grid = models.BooleanField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)
