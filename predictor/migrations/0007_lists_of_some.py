from django.db import migrations, models

CHANGED = models.Q(label__isnull=False) & ~models.Q(label=models.F("predicted"))


class Migration(migrations.Migration):
    dependencies = [("predictor", "0006_export_order")]

    operations = [
        migrations.RemoveIndex("submission", "submission_history"),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["visitor", "created_at", "id", "predicted"], name="submission_history"
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["predicted", "label", "created_at", "id", "model"],
                name="submission_confusion",
                condition=models.Q(label__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(fields=["created_at", "id"], name="submission_changed", condition=CHANGED),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["model", "created_at", "id"],
                name="submission_changed_by",
                condition=CHANGED,
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=["created_at", "id"],
                name="submission_agreed",
                condition=models.Q(visitor_label__isnull=False, disputed=False),
            ),
        ),
    ]
