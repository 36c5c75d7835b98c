"""The tables, their querysets, and what one row knows of itself.

Rules that hold for a row, or that the database enforces, belong here. What takes several rows, or
more than the database, is in predictor/submissions.py, labelling.py and registry/.
"""

from predictor.models.counters import (
    CONFIDENCE_BINS,
    DailyCount,
    ReviewerActivity,
    SubmissionCount,
)
from predictor.models.events import SiteEvent
from predictor.models.exports import ExportState, LabelArrival
from predictor.models.health import Heartbeat
from predictor.models.labels import LabelEvent, Lease
from predictor.models.registry import (
    Activation,
    Comparison,
    ModelVersion,
    RetrainingLease,
    TrainingSample,
)
from predictor.models.submissions import (
    DIGITS,
    LOW_CONFIDENCE,
    PIXELS,
    VISITOR_LABELS,
    Label,
    Pointer,
    Submission,
    SubmissionQuerySet,
    Tombstone,
)
from predictor.models.tokens import Token

__all__ = [
    "CONFIDENCE_BINS",
    "DIGITS",
    "LOW_CONFIDENCE",
    "PIXELS",
    "VISITOR_LABELS",
    "Activation",
    "Comparison",
    "DailyCount",
    "ExportState",
    "Heartbeat",
    "Label",
    "LabelArrival",
    "LabelEvent",
    "Lease",
    "ModelVersion",
    "Pointer",
    "RetrainingLease",
    "ReviewerActivity",
    "SiteEvent",
    "Submission",
    "SubmissionCount",
    "SubmissionQuerySet",
    "Token",
    "Tombstone",
    "TrainingSample",
]
