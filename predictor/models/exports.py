"""What exports keep for one another: which labels they saw, and the key of pseudonyms."""

import secrets

from django.db import models

from predictor.models.submissions import Submission


def new_key() -> bytes:
    return secrets.token_bytes(32)


class ExportState(models.Model):
    """One row, which whoever exports holds locked while labels get their places."""

    settled_at = models.DateTimeField(null=True, help_text="When an export last looked for labels.")
    pseudonym_key = models.BinaryField(default=new_key)

    def __str__(self) -> str:
        return f"{self.settled_at:%d %b %Y %H:%M:%S}" if self.settled_at else "never"


class LabelArrival(models.Model):
    """The place of a drawing's label in the order of exports."""

    submission = models.OneToOneField(
        Submission, models.CASCADE, primary_key=True, related_name="arrival"
    )
    reviewed_at = models.DateTimeField(
        help_text="Of the label that was found: a later one counts anew."
    )
    at = models.DateTimeField(
        db_index=True,
        help_text="When it was given, or else, if an export had missed it, when that one looked.",
    )

    def __str__(self) -> str:
        return str(self.pk)
