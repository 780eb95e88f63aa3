"""Notebooks run from top to bottom, define little, and are committed without outputs."""

from __future__ import annotations

import ast
import json
import tempfile
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from sepeval import DATASETS, METRICS, SEPARATORS
from tests.shared_data import DATA, needs_audio

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ON_AUDIO = [path for path in NOTEBOOKS if "SEPEVAL_DATA" in path.read_text(encoding="utf-8")]
_LONGEST = 5  # lines of a definition
_SHORT = ("1_first_evaluation", "6_your_own")  # take a few seconds
ANSWERS = {
    "1_first_evaluation": "dB of improvement over the mixture, under slakh2100-active.v1",
    "2_every_protocol": "One set of estimates, one name of a score: from ",
    "3_silent_stems": "A system that outputs nothing is number ",
    "4_two_checkpoints": "The new checkpoint is ",
    "5_tables_and_figures": "a table, 6 files of figures, a page; rebuilt: same True",
    "6_your_own": "of the estimate is foreign",
}

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["nbformat"] == 4
    return list(document["cells"])


def sources(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]


def run(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the code cells in order in one namespace, and return it; plug-ins go with it."""
    for registry in (DATASETS, METRICS, SEPARATORS):
        registry.names()
        monkeypatch.setattr(registry, "_built_in", dict(registry._built_in))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    mpl.use("Agg")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, source in enumerate(sources(path)):
        tree, name = ast.parse(source), f"{path.name}, code cell {number}"
        end = tree.body[-1]
        told = tree.body.pop() if isinstance(end, ast.Expr) else None
        exec(compile(tree, name, "exec"), namespace)  # noqa: S102 - the project's own notebook
        if isinstance(told, ast.Expr):
            show(eval(compile(ast.Expression(told.value), name, "eval"), namespace))  # noqa: S307 - as above
    return namespace


def show(value: Any) -> None:  # noqa: ANN401 - whatever a cell ends with
    """Show the last value of a cell as a notebook does: figures as images; no other is expected."""
    if value is not None:
        assert hasattr(value, "_repr_png_"), f"a cell ends with {value!r}"
        assert value._repr_png_().startswith(b"\x89PNG")


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


def test_there_are_six_notebooks_each_with_an_answer() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(ANSWERS)
    for path in NOTEBOOKS:
        first, *_ = cells(path)
        assert first["source"][0].startswith("# ")
        assert first["source"][0].rstrip().endswith("?")
        assert "## The answer" in "".join("".join(cell["source"]) for cell in cells(path))


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=() if path.stem in _SHORT else pytest.mark.slow)
        for path in NOTEBOOKS
    ],
)
def test_a_notebook_answers_on_generated_music(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("SEPEVAL_DATA", raising=False)

    run(path, tmp_path, monkeypatch)

    assert ANSWERS[path.stem] in capsys.readouterr().out


@needs_audio
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("path", ON_AUDIO, ids=lambda path: path.stem)
def test_a_notebook_answers_on_real_audio(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SEPEVAL_DATA", str(DATA))

    run(path, tmp_path, monkeypatch)

    assert ANSWERS[path.stem] in capsys.readouterr().out


@pytest.mark.slow
def test_silence_decides_the_place_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SEPEVAL_DATA", raising=False)

    run(FOLDER / "3_silent_stems.ipynb", tmp_path, monkeypatch)

    printed = capsys.readouterr().out
    assert "closed form to" in printed
    assert "and number 3 where it is left out" in printed
