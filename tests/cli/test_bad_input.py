"""A user's mistake is one clear message, never a traceback."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command

MSDM = "slakh2100-msdm"


def words(slakh: Path, out: Path, **changed: object) -> list[object]:
    """A correct `run`, with some of its words exchanged."""
    given = {
        "-d": "slakh2100_22050",
        "--data": slakh,
        "--split": "test",
        "-c": "edition=orig",
        "-s": "mixture",
        "-p": MSDM,
        "-o": out,
    }
    given |= {f"-{key}" if len(key) == 1 else f"--{key}": value for key, value in changed.items()}
    return ["run", "--partial", *(word for pair in given.items() for word in pair)]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"p": "slakh2100-mdsm"}, "no protocol is named 'slakh2100-mdsm'; did you mean"),
        ({"p": "absent.yaml"}, "absent.yaml: cannot be read: No such file"),
        ({"d": "slakh"}, "no dataset is named 'slakh'; did you mean 'slakh2100'"),
        ({"s": "mixtures"}, "no separator is named 'mixtures'; did you mean 'mixture'"),
        ({"split": "tests"}, "'tests'"),
        ({"c": "edition=original"}, "edition"),
        ({"c": "editon=orig"}, "has no 'editon'; did you mean 'edition'"),
        ({"c": "orig"}, "--choice takes key=value; found 'orig'"),
        ({"s": "leaky_reference"}, "needs 'leak_db': add --setting leak_db=..."),
        ({"S": "gain=3"}, "has no 'gain'"),
        ({"s": "nowhere_module:run"}, "nowhere_module"),
        ({"s": "os:getcwdx"}, "getcwdx"),
        ({"p": "musdb18-sisec18"}, "scores vocals, drums, bass, other; the dataset"),
        ({"data": "/nonexistent/slakh"}, "/nonexistent/slakh"),
        ({"chunk": "5"}, "--chunk takes length,overlap,window,tail"),
        ({"tracks": "Track1"}, "no track 'Track1'"),
    ],
)
def test_a_wrong_word_is_named_with_the_way_out(
    sepeval: Command, slakh: Path, tmp_path: Path, changed: dict[str, object], expected: str
) -> None:
    done = sepeval(*words(slakh, tmp_path, **changed))

    assert done.code == 2
    assert expected in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_an_empty_root_is_refused(sepeval: Command, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    done = sepeval(*words(tmp_path / "data", tmp_path / "runs"))

    assert done.code == 2
    assert str(tmp_path / "data") in done.err


def test_an_incomplete_split_is_refused_with_both_counts(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    done = sepeval(*(word for word in words(slakh, tmp_path) if word != "--partial"))

    assert done.code == 2
    assert "has 225 tracks; 2 were found" in done.err


def test_a_missing_estimate_is_an_error_row_and_exit_code_1(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    track = slakh / "test" / "Track01876"
    estimates = tmp_path / "estimates" / "Track01876"
    estimates.mkdir(parents=True)
    for stem in ("bass", "drums", "guitar"):
        (estimates / f"{stem}.wav").write_bytes((track / f"{stem}.wav").read_bytes())

    done = sepeval(
        "score", slakh / "test", tmp_path / "estimates", "-p", MSDM, "-o", tmp_path / "r"
    )

    assert done.code == 1
    assert "no estimate of 'piano'; expected" in done.err
    assert "2 of 2 tracks have errors" in done.err


def test_a_protocol_with_problems_lists_them_all(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    text = sepeval("protocols", "show", MSDM).out
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("hop_s: 2.0", "hop: 2.0").replace("by: mean", "by: average"))

    done = sepeval(*words(slakh, tmp_path, p=path))

    assert done.code == 2
    assert "windows.sliding.hop_s: is missing; a protocol has no defaults" in done.err
    assert "windows.sliding.hop: is no field of a protocol" in done.err
    assert "average" in done.err


def test_wrong_metric_parameters_are_named(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    text = sepeval("protocols", "show", MSDM).out
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("metric: si_sdri", "metric: si_sdr_i"))
    unknown = sepeval(*words(slakh, tmp_path, p=path))
    path.write_text(text.replace("zero_mean: false", "zero_mean: perhaps"))
    wrong = sepeval(*words(slakh, tmp_path, p=path))

    assert unknown.code == wrong.code == 2
    assert "no metric is named 'si_sdr_i'; did you mean" in unknown.err
    assert "zero_mean" in wrong.err


def test_unreadable_yaml_names_its_line(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: [1\nversion: 2\n")

    done = sepeval(*words(slakh, tmp_path, p=path))

    assert done.code == 2
    assert "line 2" in done.err


def test_an_output_that_is_a_file_is_refused(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")

    done = sepeval(*words(slakh, tmp_path / "runs"))

    assert done.code == 2
    assert "cannot be written" in done.err


def test_no_space_left_is_a_message_and_what_was_written_stays(
    sepeval: Command, slakh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert sepeval(*words(slakh, tmp_path)).code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    monkeypatch.setattr(os, "fsync", full)

    done = sepeval(*words(slakh, tmp_path, s="zeros"), "--workers", "1")

    assert done.code == 2
    assert "No space left on device; free some space" in done.err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == before


@pytest.mark.parametrize("command", ["table", "plot", "report"])
def test_a_folder_without_runs_is_refused(sepeval: Command, tmp_path: Path, command: str) -> None:
    done = sepeval(command, tmp_path)

    assert done.code == 2
    assert "is no run and holds none" in done.err


def test_runs_on_other_data_do_not_share_a_table(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    sepeval(*words(slakh, tmp_path))
    sepeval(*words(slakh, tmp_path, s="zeros", tracks="Track01876"))

    done = sepeval("table", tmp_path)

    assert done.code == 2
    assert "tracks" in done.err


def test_a_damaged_manifest_is_named(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    sepeval(*words(slakh, tmp_path))
    (manifest,) = tmp_path.glob("*/manifest.json")
    manifest.write_text(manifest.read_text()[:100])

    done = sepeval("table", tmp_path)

    assert done.code == 2
    assert "manifest.json: is no manifest" in done.err


def test_a_damaged_score_file_is_named(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    sepeval(*words(slakh, tmp_path))
    (scores,) = tmp_path.glob("*/scores/*.parquet")
    scores.write_bytes(scores.read_bytes()[:-50])

    done = sepeval("table", tmp_path)

    assert done.code == 2
    assert f"{scores.name}: is missing or damaged" in done.err


def test_an_unknown_command_is_refused_by_name(sepeval: Command) -> None:
    done = sepeval("tabel")

    assert done.code == 2
    assert "tabel" in done.err
