from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

REVIEWERS = "Reviewers"


def create_reviewers(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """The group that may change labels, and nothing else."""
    from django.contrib.auth.models import Group, Permission

    group, _ = Group.objects.using(using).get_or_create(name=REVIEWERS)
    # Made a moment ago, by a receiver of the same signal that was connected earlier.
    group.permissions.add(
        Permission.objects.using(using).get(
            content_type__app_label=sender.label, codename="change_submission"
        )
    )


class PredictorConfig(AppConfig):
    name = "predictor"
    verbose_name = _("digits")

    def ready(self) -> None:
        from predictor import checks, maintenance  # noqa: F401  checks register themselves
        from predictor.registry.bundled import register_bundled

        post_migrate.connect(create_reviewers, sender=self)
        post_migrate.connect(register_bundled, sender=self)
        post_migrate.connect(maintenance.run, sender=self)
