"""Names that are the field's, and the triggers from one place. No row is lost or changed in meaning.

Both databases rename a column in indexes, constraints and checks by themselves: of these, only
Django's own notion of them changes.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from predictor.models import triggers

ROLES = {"learnt": "trained", "doubted": "suspected"}
METADATA = {
    "labels_not_believed": "suspected_label_errors",
    "mean_of_epochs": "averaged_epochs",
    "part_of_the_way": "interpolation_alpha",
}


def drop_triggers(apps, schema_editor):
    triggers.drop(schema_editor)


def create_triggers(apps, schema_editor):
    triggers.create(schema_editor)


def create_older_triggers(apps, schema_editor):
    for name, function in (
        ("0004_labels_follow_events", "create_triggers"),
        ("0005_tallies", "create_triggers"),
        ("0010_paced_decisions", "replace_trigger"),
    ):
        getattr(import_module(f"predictor.migrations.{name}"), function)(apps, schema_editor)


def rename_values(apps, schema_editor):
    rename(apps, ROLES, METADATA, "other", "negatives")


def restore_values(apps, schema_editor):
    roles, metadata = ({new: old for old, new in names.items()} for names in (ROLES, METADATA))
    rename(apps, roles, metadata, "negatives", "other")


def rename(apps, roles, metadata, negatives, now):
    for old, new in roles.items():
        apps.get_model("predictor", "TrainingSample").objects.filter(role=old).update(role=new)
    versions = apps.get_model("predictor", "ModelVersion").objects.only("metadata")
    for version in versions:
        found = {metadata.get(key, key): value for key, value in version.metadata.items()}
        if isinstance(found.get("corrections"), dict):
            found["corrections"] = {
                roles.get(key, key): count for key, count in found["corrections"].items()
            }
        for key in ("suspected_label_errors", "labels_not_believed"):
            if isinstance(found.get(key), dict) and negatives in found[key]:
                found[key][now] = found[key].pop(negatives)
        versions.filter(pk=version.pk).update(metadata=found)


def renamed_index(model, name, **options):
    return migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.RemoveIndex(model, name),
            migrations.AddIndex(model, models.Index(name=name, **options)),
        ]
    )


def renamed_constraint(model, constraint):
    return migrations.SeparateDatabaseAndState(
        state_operations=[
            migrations.RemoveConstraint(model, constraint.name),
            migrations.AddConstraint(model, constraint),
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("predictor", "0010_paced_decisions")]

    operations = [
        migrations.RunPython(drop_triggers, create_older_triggers),
        migrations.RenameModel("Tally", "SubmissionCount"),
        migrations.RenameField("SubmissionCount", "network", "model_version"),
        migrations.RenameField("SubmissionCount", "band", "confidence_bin"),
        migrations.RenameModel("DayTally", "DailyCount"),
        migrations.RenameModel("PaceTally", "ReviewerActivity"),
        migrations.RenameField("Activation", "network", "model_version"),
        migrations.RenameModel("Lesson", "TrainingSample"),
        migrations.RemoveConstraint("TrainingSample", "lesson_is_stored_once"),
        migrations.RemoveIndex("TrainingSample", "lesson_by_role"),
        migrations.RenameField("TrainingSample", "network", "model_version"),
        migrations.RenameField("TrainingSample", "drawing", "submission_id"),
        migrations.AddConstraint(
            "TrainingSample",
            models.UniqueConstraint(
                fields=["submission_id", "model_version"], name="training_sample_is_stored_once"
            ),
        ),
        migrations.AddIndex(
            "TrainingSample",
            models.Index(
                fields=["model_version", "role", "submission_id"], name="training_sample_by_role"
            ),
        ),
        migrations.RenameField("LabelEvent", "way", "source"),
        renamed_index(
            "LabelEvent", "event_again", fields=["submission"], condition=Q(source="again")
        ),
        migrations.RenameField("LabelEvent", "key", "idempotency_key"),
        renamed_constraint(
            "LabelEvent",
            models.UniqueConstraint(
                fields=["submission", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="event_is_stored_once",
            ),
        ),
        migrations.RenameField("Submission", "lot", "sampling_key"),
        renamed_index(
            "Submission",
            "submission_lot",
            fields=["sampling_key"],
            condition=Q(audited_at__isnull=True),
        ),
        renamed_index(
            "Submission",
            "submission_audit_waiting",
            fields=["sampling_key"],
            condition=Q(label__isnull=True, audited_at__isnull=False),
        ),
        migrations.RenameIndex("Submission", "submission_sampling", "submission_lot"),
        migrations.RenameIndex("Submission", "submission_low_confidence", "submission_doubtful"),
        migrations.AlterField(
            model_name="activation",
            name="forced_because",
            field=models.TextField(
                blank=True, help_text="Why it was activated in spite of what blocked it."
            ),
        ),
        migrations.AlterField(
            model_name="labelevent",
            name="source",
            field=models.CharField(
                choices=[
                    ("admin-list", "in the list"),
                    ("admin-page", "on its page"),
                    ("confirm", "confirmed the prediction"),
                    ("claim", "accepted the visitor's label"),
                    ("queue", "in the queue"),
                    ("grid", "in the grid"),
                    ("again", "confirmed at a second look"),
                    ("undo", "taken back"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="modelversion",
            name="manifests",
            field=models.JSONField(
                default=list,
                help_text="Of the exports of reviewed drawings that it was trained on.",
            ),
        ),
        migrations.AlterField(
            model_name="submission",
            name="audited_at",
            field=models.DateTimeField(editable=False, help_text="When it was sampled.", null=True),
        ),
        migrations.AlterField(
            model_name="submission",
            name="visitor_label",
            field=models.SmallIntegerField(
                choices=[
                    (0, "0"),
                    (1, "1"),
                    (2, "2"),
                    (3, "3"),
                    (4, "4"),
                    (5, "5"),
                    (6, "6"),
                    (7, "7"),
                    (8, "8"),
                    (9, "9"),
                    (10, "not a digit"),
                ],
                null=True,
                verbose_name="visitor's label",
            ),
        ),
        migrations.AlterField(
            model_name="submissioncount",
            name="confidence",
            field=models.FloatField(help_text="The sum of theirs."),
        ),
        migrations.AlterField(
            model_name="submissioncount",
            name="confidence_bin",
            field=models.SmallIntegerField(
                help_text="Of audited submissions predicted to be a digit.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="trainingsample",
            name="model_version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="training_samples",
                to="predictor.modelversion",
            ),
        ),
        migrations.AlterField(
            model_name="trainingsample",
            name="role",
            field=models.CharField(
                choices=[
                    ("trained", "trained on it"),
                    ("validated", "validated on it"),
                    ("suspected", "suspected its label to be wrong"),
                ],
                max_length=9,
            ),
        ),
        migrations.RunPython(rename_values, restore_values),
        migrations.RunPython(create_triggers, drop_triggers),
    ]
