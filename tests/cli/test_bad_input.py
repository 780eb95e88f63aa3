"""A user's mistake is one clear message, never a traceback."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sepeval as package
from sepeval.cli import build
from sepeval.datasets.folder import Folder
from sepeval.separators.foreign import ForeignCallable
from sepeval.separators.oracles import IdealBinaryMask
from sepeval.separators.trivial import Mixture
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
        ({"chunk": "5"}, "--chunk takes length,overlap,window,tail, such as"),
        ({"s": "ideal_ratio_mask", "chunk": "9,0,none,pad"}, "'ideal_ratio_mask' hears none"),
        ({"s": "ideal_binary_mask", "S": "power=3"}, "power: Input should be 1 or 2; found '3'"),
        ({"d": "slakh2100"}, "add --choice grouping=... (program or inst_class)"),
        ({"d": "folder", "c": "stems=bass"}, "add --choice mixture=... (or none)"),
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


def test_an_absent_folder_of_estimates_is_refused_once(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    absent = tmp_path / "estimates"
    setting = ["-S", f"root={absent}", "-S", "pattern={track}/{stem}.wav"]

    done = sepeval(*words(slakh, tmp_path / "runs", s="files"), *setting)

    assert done.code == 2
    assert done.err.count(f"{absent}: expected the folder of the estimates, found nothing") == 1


def test_the_choice_none_stands_for_no_file(tmp_path: Path) -> None:
    choices = {"references": "{track}/{stem}.wav", "mixture": "none", "stems": "bass,drums"}

    found = build.dataset("folder", tmp_path, choices)

    assert found == Folder(tmp_path, "{track}/{stem}.wav", None, ("bass", "drums"))


def test_settings_are_read_by_the_types_of_the_fields(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.chdir(tmp_path)
    texts = {"stems": "a,b", "tag": "v2"}

    assert build.separator("mixture", {"stems": "a,b"}, ["c"]) == Mixture(("a", "b"))
    assert build.separator("ideal_binary_mask", {"power": "2"}, ()) == IdealBinaryMask(power=2)
    assert build.separator("m:f", texts, ["c"]) == ForeignCallable("m:f", ("a", "b"), "v2")
    assert sys.path[0] == str(tmp_path)


@pytest.mark.slow
def test_a_callable_is_found_in_the_working_folder_by_every_worker(
    slakh: Path, tmp_path: Path
) -> None:
    text = "import numpy\n\ndef separate(mixture, rate):\n    return numpy.stack([mixture] * 4)\n"
    (tmp_path / "mymodel.py").write_text(text)
    start = f"import sys; sys.path = [{str(Path(package.__file__).parents[1])!r}, *sys.path[1:]]"
    given = words(slakh, tmp_path / "runs", s="mymodel:separate")
    command = [sys.executable, "-c", f"{start}; from sepeval.cli import main; main()"]

    done = subprocess.run(
        [*command, *map(str, given), "--workers", "2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


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
    text = sepeval("protocols", "show", MSDM).out.replace(f"name: {MSDM}", "name: mine")
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
    assert "is no run and holds none; runs are made by `sepeval run`" in done.err


def test_a_misspelt_folder_is_told_from_an_empty_one(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("table", tmp_path / "rnus")

    assert done.code == 2
    assert "rnus: is no run and holds none; there is no such folder" in done.err


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
    assert f"{scores.name}: is damaged" in done.err


def test_an_unknown_command_is_refused_by_name(sepeval: Command) -> None:
    done = sepeval("tabel")

    assert done.code == 2
    assert "tabel" in done.err


def test_estimates_whose_energy_is_no_number_end_in_a_status(
    sepeval: Command, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 8000, 2)) * 0.1
    for kind, gain in (("ref", 1.0), ("est", 1e300)):
        (tmp_path / kind / "a").mkdir(parents=True)
        for stem, signal, own in zip(("drums", "vocals"), noise, (1.0, gain), strict=True):
            path = tmp_path / kind / "a" / f"{stem}.wav"
            soundfile.write(path, signal * own, 8000, subtype="DOUBLE")
    runs = tmp_path / "runs"

    made = sepeval("score", tmp_path / "ref", tmp_path / "est", "-p", "msst-si-sdr", "-o", runs)
    audited = sepeval("audit", runs, "-p", "msst-si-sdr")
    told = sepeval("report", runs, "-o", tmp_path / "report")

    assert (made.code, audited.code, told.code) == (0, 0, 0), made.err + audited.err + told.err
    assert "undefined 1" in made.out
    assert "Warning" not in made.err + audited.err + told.err


@pytest.mark.parametrize(
    ("name", "choices"), [("synthetic", "layout, tracks, seconds, seed"), ("musdb18hq", "none")]
)
def test_a_dataset_names_its_choices(sepeval: Command, name: str, choices: str) -> None:
    done = sepeval("datasets", name)

    assert done.code == 0
    assert f"Choices (-c key=value): {choices}" in done.out
    assert f"sepeval datasets {name} --data FOLDER" in done.err
