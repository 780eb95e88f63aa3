"""Notebooks run from top to bottom, define little, and are committed without outputs."""

from __future__ import annotations

import ast
import json
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from tests.shared_data import DATA, needs_audio

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ON_AUDIO = [path for path in NOTEBOOKS if "SEPEVAL_DATA" in path.read_text(encoding="utf-8")]
_LONGEST = 5  # lines of a definition

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["nbformat"] == 4
    return list(document["cells"])


def sources(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]


def run(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the code cells in order in one namespace, and return it."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    mpl.use("Agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources(path)):
        code = compile(source, f"{path.name}, code cell {number}", "exec")
        exec(code, namespace)  # noqa: S102 - the project's own notebook
    return namespace


@every_notebook
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@every_notebook
def test_a_notebook_defines_nothing_long(path: Path) -> None:
    for source in sources(path):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert (node.end_lineno or 0) - node.lineno < _LONGEST, node.name


@pytest.mark.slow
@every_notebook
def test_a_notebook_runs_on_generated_music(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEPEVAL_DATA", raising=False)

    run(path, tmp_path, monkeypatch)


@needs_audio
@pytest.mark.data
@pytest.mark.parametrize("path", ON_AUDIO, ids=lambda path: path.stem)
def test_a_notebook_runs_on_real_audio(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPEVAL_DATA", str(DATA))

    run(path, tmp_path, monkeypatch)


@pytest.mark.slow
def test_silence_decides_the_place_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SEPEVAL_DATA", raising=False)

    run(FOLDER / "3_silent_stems.ipynb", tmp_path, monkeypatch)

    printed = capsys.readouterr().out
    assert "closed form to" in printed
    assert "and number 3 where it is left out" in printed
