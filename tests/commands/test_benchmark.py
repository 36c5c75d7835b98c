import re
import socket

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ml import decoding
from predictor import benchmark
from predictor.models import Submission

STEPS = ["decode", "preprocess", "predict", "insert"]


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    for module in ("predictor.benchmark", "predictor.management.commands.benchmark"):
        monkeypatch.setattr(f"{module}.REPEATS", 3)
        monkeypatch.setattr(f"{module}.REQUESTS", 16)


def lines(text):
    """What it measured, to the figures beside it."""
    rows = [re.split(r"  +", line.strip()) for line in text.splitlines()]
    return {name: figures for name, *figures in rows if len(figures) == 5}


@pytest.mark.django_db(transaction=True)
def test_it_measures_each_step_and_whole_requests_and_keeps_nothing(capfd):
    own = connection.settings_dict["NAME"]
    call_command("benchmark")
    said = capfd.readouterr().out
    table = lines(said)
    assert list(table) == [*STEPS, "GET /healthz", "POST /api/v1/predict/"] + [
        "POST /api/v1/submissions/"
    ]
    for a_second, median, _, worst, failed in table.values():
        assert int(a_second.replace(",", "")) > 0
        assert 0 < float(median) <= float(worst)
        assert failed == "0"
    assert int(re.search(r"takes (\d+) MB", said)[1]) > 30
    assert said.endswith("Measured 7 things, 60 times in all.\n")
    assert connection.settings_dict["NAME"] == own
    assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_stores_nothing_in_a_site_that_runs(live_server, capsys):
    call_command("benchmark", "--url", f"{live_server.url}/")
    table = lines(capsys.readouterr().out)
    assert table["GET /healthz"][-1] == "0"
    assert list(table) == ["GET /healthz", "POST /api/v1/predict/"]
    assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_counts_what_the_site_refuses(live_server, capsys, monkeypatch):
    monkeypatch.setattr("predictor.api.throttling.PredictThrottle.rate", "3/min", raising=False)
    call_command("benchmark", "--url", live_server.url)
    assert lines(capsys.readouterr().out)["POST /api/v1/predict/"][-1] == "13"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:nine", "localhost", "ftp:"]
)
def test_it_says_that_nothing_answers(url):
    with pytest.raises(CommandError, match="doesn't answer"):
        call_command("benchmark", "--url", url)


def test_a_failure_is_not_counted_as_speed():
    result = benchmark.Result("GET /", [], wall=2.0, failed=4)
    assert result.row() == ["GET /", "0", "", "", "", "4"]


def test_its_picture_is_larger_than_what_fits_one_thread_of_a_product():
    assert decoding.decode(benchmark.seven()).shape == (560, 560)


def test_answers_are_not_held_back_for_more():
    with benchmark.listen() as door, socket.create_connection(door.getsockname()):
        accepted, _ = door.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
