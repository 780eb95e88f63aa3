from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.store import open_run
from tests.cli.conftest import Command
from tests.compare.test_comparison import BASS, DRUMS, scores, two
from tests.report.runs import protocol, with_another, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    two(tmp_path / "runs", BASS + 0.5, DRUMS - 0.25)
    return tmp_path / "runs"


def test_compare_prints_differences_with_intervals(sepeval: Command, folder: Path) -> None:
    done = sepeval("compare", folder, "--baseline", "base")

    assert done.code == 0
    assert "bass: base 4.67" in done.out
    assert "+0.50 to +0.50" in done.out


def test_every_format_has_the_same_difference(sepeval: Command, folder: Path) -> None:
    document = json.loads(sepeval("compare", folder, "--json").out)
    csv = sepeval("compare", folder, "--format", "csv").out
    markdown = sepeval("compare", folder, "--format", "markdown").out

    (bass,) = (one for one in document["differences"] if one["stem"] == "bass")
    assert bass["difference"] == pytest.approx(0.5)
    assert ",new,bass," in csv
    assert "| new    |  5.17 |      +0.50 |" in markdown


def test_the_folder_of_a_run_names_the_baseline(sepeval: Command, folder: Path) -> None:
    (new,) = folder.glob("new--*")

    assert "; against new" in sepeval("compare", folder, "--baseline", new).out


def test_a_gate_decides_the_exit_code(sepeval: Command, folder: Path) -> None:
    passed = sepeval("compare", folder, "--gate", "sdr.bass>=-0.1", "--gate", "sdr>=0")
    failed = sepeval("compare", folder, "--gate", "sdr.drums>=-0.1")
    wrong = sepeval("compare", folder, "--gate", "sdr")

    assert passed.code == 0
    assert failed.code == 1
    assert "gate not passed: new: sdr of drums: the difference from base is -0.250 dB" in failed.err
    assert (wrong.code, "is no gate" in wrong.err) == (2, True)


@pytest.mark.slow
def test_figures_are_written_and_the_same_each_time(
    sepeval: Command, folder: Path, tmp_path: Path
) -> None:
    write(folder, "third", scores(BASS + 1.0, DRUMS))
    for name in ("a", "b"):
        assert sepeval("compare", folder, "-o", tmp_path / name).code == 0

    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(names) == 6
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_one_run_is_a_wrong_request(sepeval: Command, folder: Path) -> None:
    (new,) = folder.glob("new--*")

    with_another(open_run(new), protocol(name="another"), scores(BASS, DRUMS))
    done = sepeval("compare", new)

    assert done.code == 2
    assert "takes two runs at least; found one" in done.err
    assert "--protocol" not in done.err


def test_a_gate_of_a_wrong_stem_is_refused_before_anything_is_printed(
    sepeval: Command, folder: Path
) -> None:
    done = sepeval("compare", folder, "--gate", "sdr.vocals>=0")

    assert (done.code, done.out) == (2, "")
    assert "no stem is named 'vocals'" in done.err


def test_a_label_of_two_runs_names_no_baseline(sepeval: Command, folder: Path) -> None:
    twin = write(folder, "new", scores(BASS, DRUMS), identity={"seed": 7})

    for done in (
        sepeval("compare", folder, "--baseline", "new"),
        sepeval("report", folder, "--baseline", "new", "-o", folder.parent / "report"),
    ):
        assert done.code == 2
        assert "2 systems are named 'new'; say which: 'new " in done.err
        assert f"'new {twin.manifest.hash}'" in done.err


def test_labels_that_latex_cannot_set_are_told(sepeval: Command, folder: Path) -> None:
    write(folder, "日本", scores(BASS, DRUMS))

    done = sepeval("table", folder, "--format", "latex")

    assert (done.code, "[U+65E5]" in done.out) == (0, True)
    assert "no letters for some signs of 日本; " in done.err


def test_a_run_of_the_folder_without_the_protocol_is_told_and_left_out(
    sepeval: Command, folder: Path
) -> None:
    other = write(folder, "other", scores(BASS, DRUMS), under=protocol(name="another"))

    compared = sepeval("compare", folder, "-p", "two-stems")
    shown = sepeval("table", folder, "-p", "two-stems")
    named = sepeval("compare", folder, other.folder, "-p", "two-stems")
    gated = sepeval("compare", folder, "-p", "two-stems", "--gate", "sdr>=-9")
    unsaid = sepeval("compare", folder)

    for done in (compared, shown):
        assert (done.code, done.err) == (0, "no scores under two-stems, so left out: other\n")
    for done in (named, gated):
        assert done.code == 2
        assert "has no scores under 'two-stems'" in done.err
    assert "two-stems.v1 of 2 runs, another.v1 of 1 runs: choose one" in unsaid.err
