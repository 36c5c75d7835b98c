"""Counts that the database keeps by itself, by triggers, so that nobody ever counts a million rows.

Each row is a difference, and they add up: a drawing that gets a label is one more with and one less
without. Nobody waits for anybody, as people would who count in the same row. Now and then the
database adds rows that are alike together.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from predictor.networks import ModelVersion

# Where each band of confidence begins; the database has them in its triggers.
BANDS = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999]


class Tally(models.Model):
    """How many drawings are alike in what was read, with which label, and whether by audit."""

    network = models.ForeignKey(ModelVersion, models.CASCADE, db_index=False, related_name="+")
    predicted = models.SmallIntegerField()
    label = models.SmallIntegerField(null=True)
    audited = models.BooleanField()
    band = models.SmallIntegerField(null=True, help_text="Of audited drawings read as a digit.")
    drawings = models.IntegerField()
    confidence = models.FloatField(help_text="Of all of them together.")


class DayTally(models.Model):
    """How many drawings were made in a day (UTC), and how many of them have a label by now."""

    day = models.DateField()
    drawings = models.IntegerField()
    reviewed = models.IntegerField()


class PaceTally(models.Model):
    """How many labels a reviewer gave in a day (UTC), and in what time.

    A label is timed if it comes within a minute of what the same reviewer did before.
    """

    day = models.DateField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+"
    )
    labels = models.IntegerField()
    timed = models.IntegerField()
    seconds = models.FloatField()
