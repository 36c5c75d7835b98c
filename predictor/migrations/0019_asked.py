from django.db import migrations, models
from django.db.models import Q

from predictor.models import triggers


def replace_triggers(apps, schema_editor):
    triggers.drop(schema_editor)
    triggers.create(schema_editor)


def drop_triggers(apps, schema_editor):
    triggers.drop(schema_editor)


class Migration(migrations.Migration):
    dependencies = [("predictor", "0018_device")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, replace_triggers),
        migrations.AddField(
            "submission",
            "asked",
            models.SmallIntegerField(
                choices=[(digit, str(digit)) for digit in range(10)],
                help_text="The digit that the site asked the visitor for.",
                null=True,
                verbose_name="asked for",
            ),
        ),
        migrations.AddIndex(
            "submission",
            models.Index(
                condition=Q(asked__isnull=False),
                fields=["created_at", "id", "label", "predicted", "model"],
                name="submission_asked",
            ),
        ),
        # Back again, SQLite drops no column that a trigger names.
        migrations.RunPython(replace_triggers, drop_triggers),
    ]
