from django.db import migrations, models
from django.db.models import F, Q

CHANGED = Q(label__isnull=False) & ~Q(label=F("predicted"))
AGREED = Q(visitor_label__isnull=False, disputed=False)
REPLACED = ["history", "by_prediction", "by_network", "disputed", "doubtful"]
FILTERED = ["created_at", "id", "label", "predicted", "model"]
INDEXES = [
    models.Index(fields=["visitor", "created_at", "id", "predicted"], name="submission_history"),
    models.Index(
        fields=["predicted", "created_at", "id", "label", "model"],
        name="submission_by_prediction",
    ),
    models.Index(
        fields=["model", "created_at", "id", "label", "predicted"], name="submission_by_network"
    ),
    models.Index(
        fields=["predicted", "label", "created_at", "id", "model"],
        name="submission_confusion",
        condition=Q(label__isnull=False),
    ),
    models.Index(fields=FILTERED, name="submission_changed", condition=CHANGED),
    models.Index(fields=FILTERED, name="submission_disputed", condition=Q(disputed=True)),
    models.Index(fields=FILTERED, name="submission_agreed", condition=AGREED),
    models.Index(
        fields=[*FILTERED, "confidence"],
        name="submission_doubtful",
        condition=Q(confidence__lt=0.8),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("predictor", "0006_export_order")]

    operations = [
        *(migrations.RemoveIndex("submission", f"submission_{name}") for name in REPLACED),
        *(migrations.AddIndex("submission", index) for index in INDEXES),
    ]
