from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictor import comparisons, gate, register, services
from predictor.management.commands.compare_models import add_data, compare, find
from predictor.networks import ModelVersion


class Command(BaseCommand):
    help = "Puts a network to work, if it is not worse than the one that works now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", metavar="VERSION")
        parser.add_argument(
            "--force", metavar="REASON", help="whatever speaks against it; the reason is kept"
        )
        add_data(parser)

    def handle(self, *, version: str, force: str | None, data: Path, **options: Any) -> None:
        network = find(version)
        if network.is_active:
            return self.stdout.write(f"{network} is at work already: activated 0 networks.")
        if force is not None and not force.strip():
            raise CommandError("Give the reason why it is forced.")
        try:
            register.check_fit(network)
        except register.Unfit as error:
            raise CommandError(str(error)) from None
        if not (force or network.has_served()):
            self.hold_against_active(network, data)
        services.activate(network, None, (force or "").strip())
        self.stdout.write(
            f"Activated 1 network: {network}. Every process takes it up within ten seconds."
        )

    def hold_against_active(self, network: ModelVersion, data: Path) -> None:
        active = ModelVersion.objects.active().first()
        if not active:
            return
        comparison = compare(network, active, self.stderr, data)
        self.stdout.write("\n".join([comparisons.as_text(comparison), *gate.unproven(comparison)]))
        if reasons := gate.refusals(comparison):
            raise CommandError(" ".join([*reasons, 'To activate it anyway, add --force "reason".']))
