"""Databases as versions before this one left them."""

from collections.abc import Callable, Iterator

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate(name: str = "") -> Apps:
    """Migrate to the state that a migration leaves, or to the latest. Returns its models."""
    executor = MigrationExecutor(connection)
    targets = [("predictor", name)] if name else executor.loader.graph.leaf_nodes("predictor")
    executor.migrate(targets)
    return executor.loader.project_state(targets).apps


@pytest.fixture
def migrate_to(transactional_db: None) -> Iterator[Callable[[str], Apps]]:
    yield migrate
    migrate()
