from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictor", "0014_retraining_lease")]

    # None of these makes the table anew, so that its triggers stay.
    operations = [
        migrations.RemoveIndex("submission", "submission_history"),
        migrations.AddField(
            "submission",
            "widths",
            models.JSONField(help_text="Of the pen, stroke by stroke, if known.", null=True),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                fields=[
                    "visitor",
                    "created_at",
                    "id",
                    "predicted",
                    "visitor_label",
                    "is_digit",
                    "digit",
                ],
                name="submission_history",
            ),
        ),
    ]
