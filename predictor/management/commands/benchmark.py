from argparse import ArgumentParser
from http.client import HTTPException
from shutil import which
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from predictor import benchmark
from predictor.benchmark import CALLS, REPEATS, REQUESTS, Call, Result

HEADER = ["", "a second", "median ms", "95% ms", "99% ms", "failed"]


class Command(BaseCommand):
    help = (
        "Measures the throughput of this machine: each step of a prediction, and whole requests to"
        " a site that it starts for the purpose, with a database that it throws away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url", help="measure the site that runs there, with requests that store nothing"
        )

    def handle(self, *, url: str | None, **options: Any) -> None:
        try:
            results = self.measure_there(url) if url else self.measure_here()
        except (OSError, HTTPException) as error:
            raise CommandError(f"The site doesn't answer: {error}") from None
        times = sum(len(result.seconds) + result.failed for result in results)
        self.stdout.write(f"Measured {len(results)} things, {times:,} times in all.")

    def measure_here(self) -> list[Result]:
        with benchmark.scratch_database() as database:
            steps = benchmark.steps()
            with self.bar(len(steps) * REPEATS) as bar:
                results = [benchmark.measure_step(*step, bar.update) for step in steps.items()]
            self.show(results)
            with benchmark.own_site(database) as (url, process):
                results += self.measure_calls(url, CALLS)
                if which("ps"):
                    megabytes = benchmark.memory(process) / 1e6
                    self.stdout.write(f"A web process takes {megabytes:.0f} MB of memory.")
        return results

    def measure_there(self, url: str) -> list[Result]:
        return self.measure_calls(url, [call for call in CALLS if not call.stores])

    def measure_calls(self, url: str, calls: list[Call]) -> list[Result]:
        with self.bar(len(calls) * REQUESTS) as bar:
            results = [benchmark.measure_call(url, call, bar.update) for call in calls]
        self.show(results)
        return results

    def bar(self, total: int) -> tqdm:
        return tqdm(total=total, leave=False, file=self.stderr)

    def show(self, results: list[Result]) -> None:
        for name, *figures in [HEADER, *(result.row() for result in results)]:
            self.stdout.write(f"{name:30}" + "".join(f"{figure:>12}" for figure in figures))
        self.stdout.write("")
