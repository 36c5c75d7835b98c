from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor.management.comparing import add_data_argument, compare, find_version
from predictor.models import ModelVersion
from predictor.registry import promotion, reports, validation


class Command(BaseCommand):
    help = "Activates a network, if it is not worse than the active one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", metavar="VERSION")
        parser.add_argument(
            "--force", metavar="REASON", help="even if something blocks it; the reason is stored"
        )
        add_data_argument(parser)

    def handle(self, *, version: str, force: str | None, data: Path, **options: Any) -> None:
        found = find_version(version)
        if found.is_active:
            return self.stdout.write(f"{found} is active already: activated 0 networks.")
        if force is not None and not force.strip():
            raise CommandError("Give the reason why it is forced.")
        try:
            validation.validate_loadable(found)
        except validation.InvalidModel as error:
            raise CommandError(str(error)) from None
        active = None
        if not (force or found.has_served()):
            active = ModelVersion.objects.active().first()
            self.compare_with(active, found, data)
        try:
            promotion.activate(found, None, (force or "").strip(), instead_of=active)
        except promotion.AnotherActive as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Activated 1 network: {found}. Every process switches to it within ten seconds."
        )

    def compare_with(self, active: ModelVersion | None, version: ModelVersion, data: Path) -> None:
        if not active:
            return
        comparison = compare(version, active, self.stderr, data)
        notes = promotion.missing_evidence(comparison)
        self.stdout.write("\n".join([reports.as_text(comparison), *notes]))
        if reasons := promotion.blocking_reasons(comparison):
            raise CommandError(" ".join([*reasons, 'To activate it anyway, add --force "reason".']))
