"""Counts that the database keeps by itself, so that nobody ever counts a million rows.

Triggers add a row for each difference, and the rows of a counter add up: a submission that gets a
label is one more with and one less without. No transaction waits for another, as it would where
both count in the same row. Now and then the database adds up rows that are alike.
"""

from django.conf import settings
from django.db import models

from predictor.models.registry import ModelVersion

# Where each bin of confidence begins; the triggers have them too.
CONFIDENCE_BINS = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999]


class SubmissionCount(models.Model):
    """How many submissions are alike in prediction, label, and being part of the audit sample."""

    model_version = models.ForeignKey(
        ModelVersion, models.CASCADE, db_index=False, related_name="+"
    )
    predicted = models.SmallIntegerField()
    label = models.SmallIntegerField(null=True)
    audited = models.BooleanField()
    confidence_bin = models.SmallIntegerField(
        null=True, help_text="Of audited submissions predicted to be a digit."
    )
    drawings = models.IntegerField()
    confidence = models.FloatField(help_text="The sum of theirs.")

    def __str__(self) -> str:
        return f"{self.drawings:+,} of {self.model_version_id}"


class DailyCount(models.Model):
    """How many submissions were made in a day (UTC), and how many of them have a label by now."""

    day = models.DateField()
    drawings = models.IntegerField()
    reviewed = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.drawings:+,} on {self.day}"


class ReviewerActivity(models.Model):
    """How many labels a reviewer gave in a day (UTC), and in what time.

    A label is timed where it was decided by itself, within a minute of the one before.
    """

    day = models.DateField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    labels = models.IntegerField()
    timed = models.IntegerField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"{self.labels:+,} by {self.reviewer_id} on {self.day}"
