from pathlib import Path

import pytest

from tests.support.digits import make_data

pytest.importorskip("tensorflow")
NOTEBOOK = Path(__file__).parent.parent / "notebooks/model_development.ipynb"


def test_the_notebook_runs_from_its_first_cell_to_its_last(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    make_data(tmp_path)
    monkeypatch.setenv("DIGIT_DATA", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    [imports, *_] = (cell for cell in notebook.cells if cell.cell_type == "code")
    imports.source += "\nevaluate.CORRUPTED = 2"  # of each kind of picture
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=300, resources=resources).execute()

    assert "MNIST's test set" in str(notebook.cells)


def test_the_notebook_is_kept_executed():
    import nbformat

    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    pictures = [output for cell in cells for output in cell.get("outputs", ()) if "data" in output]
    assert sum("image/png" in output.data for output in pictures) >= 10
