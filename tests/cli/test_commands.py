"""Every command, as a user types it."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from sepeval.separators.base import SEPARATORS
from tests.cli.conftest import Command

MSDM = "slakh2100-msdm"


@pytest.fixture
def run(sepeval: Command, slakh: Path, tmp_path: Path) -> Path:
    """A folder that holds one run of the mixture on two tracks of Slakh's repack."""
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")
    done = sepeval(
        *words, "-c", "edition=orig", "-s", "mixture", "-p", MSDM, "-o", tmp_path / "runs"
    )
    assert done.code == 0, done.err
    return tmp_path / "runs"


def test_run_prints_a_table_and_says_where_the_scores_are(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")

    done = sepeval(*words, "-c", "edition=orig", "-s", "zeros", "-p", MSDM, "-o", tmp_path)

    assert done.code == 0
    assert "zeros" in done.out
    assert "2 of 225 tracks" in done.out
    assert "2 of 2 tracks" in done.err
    scores = next(line for line in done.err.splitlines() if line.startswith("scores: "))
    assert Path(scores.removeprefix("scores: ")).is_file()


def test_json_goes_to_stdout_alone(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")

    done = sepeval(
        *words, "-c", "edition=orig", "-s", "mixture", "-p", MSDM, "-o", tmp_path, "--json"
    )

    (table,) = json.loads(done.out)
    assert table


def test_score_needs_two_folders_and_a_protocol(
    sepeval: Command, musdb: Path, tmp_path: Path
) -> None:
    references = musdb / "test"
    estimates = tmp_path / "estimates"
    shutil.copytree(references, estimates)

    done = sepeval("score", references, estimates, "-p", "musdb18-sisec18", "-o", tmp_path / "runs")

    assert done.code == 0, done.err
    assert "estimates" in done.out
    assert "plus_inf" in done.out


def test_score_takes_one_track_without_a_folder_of_its_own(
    sepeval: Command, musdb: Path, tmp_path: Path
) -> None:
    track = next((musdb / "test").iterdir())

    done = sepeval("score", track, track, "-p", "musdb18-sisec18", "-o", tmp_path)

    assert done.code == 0, done.err


def test_separate_writes_files_that_score_takes(
    sepeval: Command, musdb: Path, tmp_path: Path
) -> None:
    words = ("-d", "musdb18hq", "--data", musdb, "--split", "test", "-p", "musdb18-sisec18")
    done = sepeval("separate", *words, "-s", "ideal_ratio_mask", "-o", tmp_path / "estimates")
    assert done.code == 0, done.err
    assert done.out.strip() == str(tmp_path / "estimates")

    scored = sepeval(
        "score", musdb / "test", tmp_path / "estimates", "-p", "musdb18-sisec18",
        "-o", tmp_path / "runs", "--estimate-pattern", "{track}/{stem}.wav",
    )  # fmt: skip

    assert scored.code in (0, 1), scored.err


def test_table_has_every_format(sepeval: Command, run: Path) -> None:
    assert "mixture" in sepeval("table", run).out
    assert sepeval("table", run, "--format", "markdown").out.count("|") > 10
    rows = list(csv.DictReader(io.StringIO(sepeval("table", run, "--format", "csv").out)))
    assert {row["stem"] for row in rows} == {"bass", "drums", "guitar", "piano", "All"}
    assert json.loads(sepeval("table", run, "--json").out)
    assert "<table" in sepeval("table", run, "--format", "html").out


def two_protocols(sepeval: Command, run: Path, folder: Path) -> tuple[Path, Path]:
    """Two runs of which each has a protocol of its own."""
    (made,) = run.iterdir()
    other = folder / "other" / made.name
    shutil.copytree(made, other)
    sepeval("rescore", other, "-p", "slakh2100-active")
    manifest = json.loads((other / "manifest.json").read_text())
    del manifest["protocols"]["slakh2100-msdm.v1"], manifest["sha256"]
    manifest["label"] = "second"
    (other / "manifest.json").write_text(json.dumps(manifest))
    return made, other


def test_each_protocol_has_a_table_of_the_runs_that_have_it(
    sepeval: Command, run: Path, tmp_path: Path
) -> None:
    made, other = two_protocols(sepeval, run, tmp_path)

    text = sepeval("table", made, other)
    rows = list(csv.DictReader(io.StringIO(sepeval("table", made, other, "--format", "csv").out)))
    asked = sepeval("table", made, other, "-p", MSDM)

    assert text.code == 0, text.err
    assert text.out.count("slakh2100-msdm.v1: ") == text.out.count("slakh2100-active.v1: ") == 1
    assert {(row["system"], row["protocol"]) for row in rows} == {
        ("mixture", "slakh2100-msdm.v1"),
        ("second", "slakh2100-active.v1"),
    }
    assert asked.code == 2
    assert "it has slakh2100-active.v1" in asked.err


@pytest.mark.slow
def test_plot_and_report_take_runs_that_share_no_protocol(
    sepeval: Command, run: Path, tmp_path: Path
) -> None:
    made, other = two_protocols(sepeval, run, tmp_path)

    plots = sepeval("plot", made, other, "--mixed", "-o", tmp_path / "figures")
    page = sepeval("report", made, other, "-o", tmp_path / "report")
    absent = sepeval("plot", made, other, "--metric", "si_sdr", "-o", tmp_path / "figures")

    assert plots.code == page.code == 0, plots.err + page.err
    assert {Path(path).name.split("--")[0] for path in plots.out.split()} == {
        "slakh2100-msdm.v1",
        "slakh2100-active.v1",
    }
    assert absent.code == 2
    assert "has no metric 'si_sdr'; did you mean 'si_sdri'" in absent.err


def test_side_by_side_has_every_protocol_of_a_run(sepeval: Command, run: Path) -> None:
    sepeval("rescore", run, "-p", "slakh2100-active")
    words = ("table", run, "--side-by-side")

    text = sepeval(*words)
    rows = list(csv.DictReader(io.StringIO(sepeval(*words, "--format", "csv").out)))
    one = sepeval(*words, "-p", MSDM, "--format", "markdown")
    html = sepeval(*words, "--format", "html")
    published = sepeval(*words, "--published", "model=TAK1")

    assert "slakh2100-msdm.v1 " in text.out
    assert "slakh2100-active.v1 " in text.out
    assert {row["protocol"] for row in rows} == {"slakh2100-msdm.v1", "slakh2100-active.v1"}
    assert "slakh2100-active" not in one.out
    assert len(json.loads(sepeval(*words, "--json").out)[0]["lines"]) == 2
    assert html.code == published.code == 2
    assert "--side-by-side has the formats text, markdown, csv and json" in html.err
    assert "--published stands in tables of one protocol" in published.err


def test_more_than_two_protocols_are_printed_side_by_side(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")
    names = "slakh2100-msdm,slakh2100-active,moisesdb-snr"

    done = sepeval(
        *words, "-c", "edition=orig", "-s", "mixture", "-p", names, "-o", tmp_path / "runs"
    )

    assert done.code == 0, done.err
    assert "Beside a protocol: what holds for all its scores" in done.out
    assert "Counts of" not in done.out


@pytest.mark.slow
def test_plot_and_report_write_what_they_name(sepeval: Command, run: Path, tmp_path: Path) -> None:
    plots = sepeval("plot", run, "-o", tmp_path / "figures").out.split()
    page = sepeval("report", run, "-o", tmp_path / "report").out.strip()

    assert plots
    assert all(Path(path).is_file() for path in plots)
    assert Path(page).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_rescore_needs_no_audio(sepeval: Command, run: Path, tmp_path: Path) -> None:
    shown = sepeval("protocols", "show", MSDM).out
    protocol = tmp_path / "mine.yaml"
    protocol.write_text(
        shown.replace("name: slakh2100-msdm", "name: mine").replace(
            "reference: score", "reference: leave_out"
        ),
        encoding="utf-8",
    )

    done = sepeval("rescore", run, "-p", protocol)

    assert done.code == 0, done.err
    assert "mine.v1" in done.out


@pytest.mark.parametrize("command", ["datasets", "separators", "metrics", "protocols"])
def test_lists_are_for_people_and_for_programs(sepeval: Command, command: str) -> None:
    shown, data = sepeval(command), sepeval(command, "--json")

    names = [row["name"] for row in json.loads(data.out)]
    assert shown.code == data.code == 0
    assert len(names) >= 2
    assert all(name in shown.out for name in names)


def required(name: str) -> set[str]:
    fields = dataclasses.fields(SEPARATORS.get(name))
    needed = {one.name for one in fields if one.default is dataclasses.MISSING}
    return needed - {"stems"}  # those of the dataset, unless they are given


@pytest.mark.parametrize("name", [name for name in SEPARATORS.names() if required(name)])
def test_a_separator_is_explained_with_a_command_that_has_what_it_needs(
    sepeval: Command, name: str
) -> None:
    told = sepeval("separators", name).out

    (line,) = re.findall(rf"^ +(-s {name} (?:.*\\\n)*.*)$", told, re.MULTILINE)
    words = shlex.split(line)
    keys = {words[place + 1].split("=")[0] for place, word in enumerate(words) if word == "-S"}
    plain = {key for key in keys if "." not in key}
    assert required(name) <= plain
    assert plain <= {one.name for one in dataclasses.fields(SEPARATORS.get(name))}


def test_a_dataset_prints_its_index(sepeval: Command, slakh: Path) -> None:
    words = ("datasets", "slakh2100_22050", "--data", slakh, "-c", "edition=orig")

    done = sepeval(*words, "--split", "test", "--json")

    assert done.code == 1
    assert "2 tracks found, 225 expected" in done.err
    assert [row["track"] for row in json.loads(done.out)] == ["Track01876", "Track01877"]


def test_doctor_finds_what_is_installed(sepeval: Command) -> None:
    rows = json.loads(sepeval("doctor", "--json").out)

    found = {row["part"]: row for row in rows}
    assert "match their checksums" in found["protocols"]["found"]
    assert found["ffmpeg"]["mend"] == ""


@pytest.mark.slow
def test_the_demo_ends_with_the_sentence_on_silence(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("demo", "-o", tmp_path / "demo", "--workers", "1")

    assert done.code == 0, done.err
    assert "Why silence matters: under slakh2100-msdm" in done.out
    lines = done.out.splitlines()
    paths = [line.strip() for line in lines if line.startswith("  ") and "demo/" in line]
    assert len(paths) > 12
    assert all(Path(path).is_file() for path in paths)


def test_help_names_every_command(sepeval: Command) -> None:
    out = sepeval("--help").out

    for command in ("demo", "run", "score", "separate", "table", "plot", "report", "doctor"):
        assert command in out


def test_a_track_whose_name_has_spaces_survives_separate_and_score(
    sepeval: Command, musdb: Path, tmp_path: Path
) -> None:
    words = ("-d", "musdb18hq", "--data", musdb, "--split", "test", "-p", "musdb18-usdr")
    sepeval("separate", *words, "-s", "ideal_ratio_mask", "-o", tmp_path / "estimates")

    done = sepeval(
        "score", musdb / "test", tmp_path / "estimates", "-p", "musdb18-usdr", "-o", tmp_path
    )

    assert done.code == 0, done.err
    assert " " in next((musdb / "test").iterdir()).name


def test_a_stem_that_a_track_lacks_is_told(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    references, estimates = tmp_path / "ref", tmp_path / "est"
    shutil.copytree(slakh / "test", references)
    shutil.copytree(slakh / "test", estimates)
    (references / "Track01877" / "bass.wav").unlink()
    shutil.copytree(estimates / "Track01877", estimates / "Track09999")

    done = sepeval("score", references, estimates, "-p", MSDM, "-o", tmp_path / "runs")

    assert "Track01877: has no bass" in done.err
    assert "Track09999: has estimates and no references" in done.err
    assert "counts as silent: Track01877 (bass)" in done.out


def test_all_protocols_that_a_run_serves_are_rescored(sepeval: Command, run: Path) -> None:
    done = sepeval("rescore", run, "-p", "all")

    assert done.code == 0, done.err
    assert "slakh2100-active.v1" in done.out


@pytest.mark.parametrize("command", ["audit", "silence"])
def test_runs_in_a_folder_without_the_protocol_are_left_out_and_told(
    sepeval: Command, run: Path, slakh: Path, command: str
) -> None:
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")
    sepeval(*words, "-c", "edition=orig", "-s", "zeros", "-p", "msst-si-sdr", "-o", run)

    done = sepeval(command, run, "-p", MSDM)

    assert f"no scores under {MSDM}, so left out: zeros" in done.err
    (other,) = run.glob("zeros--*")
    refused = sepeval(command, other, "-p", MSDM)
    assert refused.code == 2
    assert f"scores under {MSDM!r}" in refused.err
