import uuid

import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from predictor.models import triggers


def replace_triggers(apps, schema_editor):
    triggers.drop(schema_editor)
    triggers.create(schema_editor)


class Migration(migrations.Migration):
    dependencies = [
        ("predictor", "0015_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="when"),
                ),
                ("who", models.TextField(verbose_name="who")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("export", "exported labels"),
                            ("addition", "added a network"),
                            ("activation", "activated a network"),
                            ("retraining", "retrained"),
                            ("purge", "purged drawings"),
                            ("token-made", "made a token"),
                            ("token-revoked", "revoked a token"),
                        ],
                        max_length=16,
                        verbose_name="what",
                    ),
                ),
                (
                    "details",
                    models.JSONField(
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="details",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Which program it is for.", max_length=100, verbose_name="name"
                    ),
                ),
                (
                    "hint",
                    models.CharField(editable=False, max_length=11, verbose_name="begins with"),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "visitor",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        help_text="To whom what it submits belongs.",
                    ),
                ),
                (
                    "may_submit",
                    models.BooleanField(
                        default=True,
                        help_text="Store drawings; list, correct and delete its own.",
                        verbose_name="submit",
                    ),
                ),
                (
                    "may_predict",
                    models.BooleanField(
                        default=True,
                        help_text="Have drawings read that are not stored.",
                        verbose_name="predict",
                    ),
                ),
                (
                    "may_export",
                    models.BooleanField(
                        default=False,
                        help_text="Download the reviewed drawings of all visitors.",
                        verbose_name="export",
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="So many submissions, and as many predictions. If empty, as many as a visitor.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(6000),
                        ],
                        verbose_name="calls a minute",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="made at"
                    ),
                ),
                (
                    "last_used_on",
                    models.DateField(editable=False, null=True, verbose_name="last used on"),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="revoked at"),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
            ],
            options={
                "verbose_name": "token",
                "verbose_name_plural": "tokens",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("may_submit", True),
                            ("may_predict", True),
                            ("may_export", True),
                            _connector="OR",
                        ),
                        name="token_may_do_something",
                        violation_error_message="Choose what it may do.",
                    )
                ],
            },
        ),
        # Back again, those of the new tables go with them.
        migrations.RunPython(replace_triggers, migrations.RunPython.noop),
    ]
