"""Each label that is there gets its place in the order of exports by when it was given."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
    INSERT INTO predictor_labelarrival (submission_id, reviewed_at, at)
    SELECT id, reviewed_at, reviewed_at FROM predictor_submission WHERE label IS NOT NULL
"""
# What is being labelled or erased meanwhile gets its place by the next export.
FREE = "FOR NO KEY UPDATE SKIP LOCKED"


def fill(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    schema_editor.execute(FILL + (FREE if postgresql else ""))


class Migration(migrations.Migration):
    dependencies = [("predictor", "0011_standard_names")]

    operations = [
        migrations.CreateModel(
            name="ExportState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "settled_at",
                    models.DateTimeField(
                        help_text="When an export last looked for labels.", null=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LabelArrival",
            fields=[
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="arrival",
                        serialize=False,
                        to="predictor.submission",
                    ),
                ),
                (
                    "reviewed_at",
                    models.DateTimeField(
                        help_text="Of the label that was found: a later one counts anew."
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_index=True,
                        help_text="When it was given, or else, if an export had missed it, when that one looked.",
                    ),
                ),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
