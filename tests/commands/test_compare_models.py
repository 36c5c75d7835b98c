import json

import pytest
from django.core.management import CommandError, call_command

from predictor.models import Comparison
from predictor.registry import reports
from tests.support.digits import make_data
from tests.support.networks import reviewed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data")]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "FOLDER", tmp_path / "comparisons")
    return tmp_path / "comparisons"


def test_it_compares_with_the_active_one(good, bad, folder, capsys):
    reviewed(good, [1] * 6)
    call_command("compare_models", "bad")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"bad (new) beside {good} (old)"
    assert said[-3].startswith("It is worse on reviewed drawings")
    assert said[-2].startswith("There is too little evidence: 0 drawings of the audit sample")
    assert said[-1].startswith(f"Compared bad with {good} on 6 drawings; pictures at /admin/")
    [comparison] = Comparison.objects.all()
    figures = json.loads((folder / f"bad-{good}.json").read_text())
    # No file names a drawing.
    assert comparison.report["reviewed"].pop("flips")["broken"]
    assert comparison.report["audited"].pop("flips")
    assert figures == comparison.report
    assert [path.name for path in folder.iterdir()] == [f"bad-{good}.json"]


def test_mnist_is_where_one_says(good, bad, tmp_path, capsys):
    place = tmp_path / "elsewhere"
    place.mkdir()
    make_data(place)
    call_command("compare_models", "bad", "--data", str(place))
    assert "MNIST's test set: 40" in capsys.readouterr().out
    (place / "mnist.npz").write_bytes(b"damaged")
    with pytest.raises(CommandError, match="mnist.npz is not MNIST as Keras keeps it."):
        call_command("compare_models", "bad", "--data", str(place))


def test_it_compares_any_two(good, bad):
    call_command("compare_models", good.version, "bad")
    comparison = Comparison.objects.get()
    assert (comparison.new, comparison.old) == (good, bad)


def test_it_needs_networks_that_are_here(good):
    for versions in (["lost"], [good.version, "lost"]):
        with pytest.raises(CommandError, match="There is no network lost."):
            call_command("compare_models", *versions)


def test_without_an_active_one_the_other_must_be_named(good):
    type(good).objects.update(is_active=False)
    with pytest.raises(CommandError, match="No network is active"):
        call_command("compare_models", good.version)
