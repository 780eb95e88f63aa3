"""`sepeval import`, `sepeval export` and published numbers, as a user types them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.interchange.museval_json import FIVE, FOUR, system

VOCALS = "musdb18-sisec18-vocals"


@pytest.fixture
def runs(sepeval: Command, tmp_path: Path) -> Path:
    """Two systems of museval's JSON, imported."""
    for number, name in enumerate(("A", "B")):
        system(tmp_path / "json" / name / "test", FIVE, seed=number)
    done = sepeval("import", "museval", tmp_path / "json", "-o", tmp_path / "runs")
    assert done.code == 0, done.err
    return tmp_path / "runs"


def test_import_prints_the_runs_that_table_shows(
    sepeval: Command, runs: Path, tmp_path: Path
) -> None:
    done = sepeval("import", "museval", tmp_path / "json", "-o", runs)

    assert done.code == 0
    assert "2 runs, 6 tracks in all" in done.err
    assert all(Path(line).is_dir() for line in done.out.split())
    shown = sepeval("table", *done.out.split(), "-p", VOCALS).out
    assert "accompaniment" in shown
    assert "museval-json/test (rate=44100)" in shown


def test_import_answers_programs(sepeval: Command, tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR)

    done = sepeval("import", "museval", tmp_path / "json", "-o", tmp_path / "runs",
                   "--label", "mine", "--dataset", "musdb18", "--json")  # fmt: skip

    (row,) = json.loads(done.out)
    assert row["label"] == "mine"
    assert row["protocols"] == ["musdb18-sisec18.v1"]
    assert row["tracks"] == 3


def test_a_run_goes_out_as_museval_json_and_comes_back(
    sepeval: Command, runs: Path, tmp_path: Path
) -> None:
    run = next(runs.iterdir())

    done = sepeval("export", "museval", run, "-o", tmp_path / "out")
    back = sepeval("import", "museval", tmp_path / "out", "-o", tmp_path / "again")

    assert done.code == back.code == 0, done.err + back.err
    assert len(done.out.splitlines()) == 3


def test_a_run_goes_out_as_csv(sepeval: Command, runs: Path, tmp_path: Path) -> None:
    done = sepeval("export", "csv", next(runs.iterdir()), "-o", tmp_path / "out")

    assert done.code == 0
    paths = [Path(line) for line in done.out.split()]
    assert len(paths) == 4
    for path in paths:
        assert len(list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))) >= 8


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("import", "museval", "/nonexistent"), "/nonexistent: is no file and no folder"),
        (("import", "museval", "/nonexistent", "-p", "slakh2100-msdm"), "museval does not compute"),
        (("import", "museval", "/nonexistent", "-p", "sisec"), "no protocol is named 'sisec'"),
        (("export", "museval", "/nonexistent", "-o", "out"), "is no run and holds none"),
        (("export", "csv", "/nonexistent", "-o", "out"), "is no run and holds none"),
    ],
)
def test_a_wrong_word_is_one_message(
    sepeval: Command, words: tuple[str, ...], expected: str
) -> None:
    done = sepeval(*words)

    assert done.code == 2
    assert expected in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_damaged_file_is_one_message(sepeval: Command, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"targets": ', encoding="utf-8")

    done = sepeval("import", "museval", tmp_path, "-o", tmp_path / "runs")

    assert done.code == 2
    assert "a.json: cannot be parsed: Expecting value" in done.err


def test_several_runs_are_exported_one_by_one(sepeval: Command, runs: Path, tmp_path: Path) -> None:
    done = sepeval("export", "museval", runs, "-o", tmp_path / "out")

    assert done.code == 2
    assert "holds 2 runs; name one of them" in done.err


def test_a_table_shows_published_numbers_on_request(sepeval: Command, runs: Path) -> None:
    filters = ("source=SiSEC18", "model=TAK1", "protocol=median of track medians")

    words = [word for one in filters for word in ("--published", one)]
    done = sepeval("table", runs, "-p", VOCALS, *words)

    assert done.code == 0, done.err
    label = "TAK1 (published [1], on MUSDB18 test)  "
    (line,) = [one for one in done.out.splitlines() if one.startswith(label)]
    assert line.split()[-2:] == ["6.600", "12.834"]
    assert "museval v4 1 s frames; median of track medians" in " ".join(done.out.split())
    assert "Lines marked as published are copied" in done.out


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("TAK1", "--published takes key=value; found 'TAK1'"),
        ("modell=TAK1", "no column 'modell'; did you mean 'model'"),
        ("model=nobody", "no published number has model=nobody"),
        ("metric=SI-SDRi", "none of 46 published lines fits"),
    ],
)
def test_a_wrong_filter_is_one_message(
    sepeval: Command, runs: Path, word: str, expected: str
) -> None:
    done = sepeval("table", runs, "-p", VOCALS, "--published", word)

    assert done.code == 2
    assert expected in done.err
