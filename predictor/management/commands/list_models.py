from typing import Any

from django.core.management.base import BaseCommand

from predictor.models import ModelVersion
from predictor.models.registry import MNIST, PENS

LINE = "{:1} {:20} {:16} {:20} {:>8} {:>8}"


class Command(BaseCommand):
    help = "Lists the networks in the registry, newest first, and which one is active."

    def handle(self, **options: Any) -> None:
        self.stdout.write(
            LINE.format("", "network", "added", "fine-tuned from", "MNIST", "pens").rstrip()
        )
        networks = ModelVersion.objects.listed()
        for network in networks:
            self.stdout.write(
                LINE.format(
                    "*" if network.is_active else "",
                    network.version,
                    f"{network.added_at:%Y-%m-%d %H:%M}",
                    network.parent_id or "none",
                    percent(network.metric(*MNIST)),
                    percent(network.metric(*PENS)),
                )
            )
        active = next((network for network in networks if network.is_active), "none")
        self.stdout.write(f"Listed {len(networks):,} networks; active: {active}.")


def percent(proportion: float | None) -> str:
    return "" if proportion is None else f"{proportion:.2%}"
