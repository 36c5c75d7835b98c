import pytest

plots = pytest.importorskip("ml.plots")


def test_learning_curves_go_by_the_number_of_corrections():
    figure = plots.learning_curves(
        {"half": [(1000, 190), (50, 220)], "head": [(50, 225)]}, 231, "a"
    )
    before, half, head = figure.axes[0].get_lines()
    assert set(before.get_ydata()) == {231}
    assert half.get_xdata().tolist() == [50, 1000] and half.get_ydata().tolist() == [220, 190]
    assert [line.get_label() for line in (before, half, head)] == ["before", "half", "head"]
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["50", "1,000"]
