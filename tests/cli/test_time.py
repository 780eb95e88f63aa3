"""`sepeval time`, `table --timing` and `plot --timing`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.synthetic import write_slakh2100_22050
from tests.cli.conftest import Command
from tests.timing.tiny import UNET, checkpoint, write_card, write_protocol

SEPARATOR = """
import numpy as np

def share(mixture, rate):
    return np.stack([mixture] * 4) / 4.0
"""

BREAKING = """
def share(mixture, rate):
    raise RuntimeError("the sky fell")
"""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    monkeypatch.chdir(tmp_path)
    return (
        "time",
        "-p",
        write_protocol(tmp_path),
        "-S",
        f"checkpoint=random:{write_card(tmp_path)}",
    )


@pytest.mark.slow
def test_separators_with_random_weights_are_timed_and_told(
    sepeval: Command, words: tuple[object, ...], tmp_path: Path
) -> None:
    done = sepeval(*words, "dicose-unet,kind=deterministic", "dicose-unet,kind=consistency,steps=2")

    assert done.code == 0, done.err
    assert "steps=2" in done.out
    assert "random weights" in done.out
    assert "(published)" not in done.out
    assert [path.name for path in (tmp_path / "timings").iterdir()] == [
        Path(done.err.splitlines()[-1]).name
    ]
    assert not list(tmp_path.glob("sepeval-*"))

    table = sepeval("table", "--timing", "timings")

    assert table.code == 0, table.err
    assert "(published)" in table.out
    assert "random weights" in table.out


def test_json_is_for_programs(sepeval: Command, words: tuple[object, ...]) -> None:
    done = sepeval(*words, "dicose-unet,kind=deterministic", "--json")

    document = json.loads(done.out)
    assert [row["name"] for row in document["rows"]] == ["dicose-unet, kind=deterministic"]
    table = sepeval("table", "--timing", "timings", "--json", "--published", "model=BS-RF Det.")
    (found,) = json.loads(table.out)
    assert len(found["published"]) >= 1


@pytest.mark.slow
def test_what_was_run_and_timed_is_drawn(
    sepeval: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "slakh"
    write_slakh2100_22050(data, tracks=1, seconds=13.0, seed=3)
    document = {
        **UNET,
        "rate": 22050,
        "segment": 32768,
        "stems": ["bass", "drums", "guitar", "piano"],
    }
    extractor = {**UNET["architecture"]["extractor"], "labels": 4}
    document["architecture"] = {"extractor": extractor, "refiner": {"has_time": True}}
    path = checkpoint(tmp_path, "deterministic", document)
    own = ("-S", f"checkpoint={path}", "-S", "kind=deterministic")
    of_data = ("-d", "slakh2100_22050", "--data", data, "--split", "test", "-c", "edition=orig")
    ran = sepeval("run", *of_data, "--partial", "-p", "slakh2100-msdm", "-s", "dicose-unet", *own)
    timed = sepeval("time", "dicose-unet", "-p", write_protocol(tmp_path), *own)
    assert (ran.code, timed.code) == (0, 0), ran.err + timed.err

    done = sepeval("plot", "runs", "--timing", "timings", "--metric", "si_sdri")

    assert done.code == 0, done.err
    names = [Path(line).name for line in done.out.splitlines()]
    assert names == [
        f"timing-tiny.v1-slakh2100-msdm.v1-si_sdri.{ending}" for ending in ("png", "pdf")
    ]


def test_a_callable_is_timed_on_tracks(
    sepeval: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("timed_sharing.py").write_text(SEPARATOR)
    own = write_protocol(tmp_path, segment=None, track={"seconds": 0.5})
    words = ("-S", "stems=bass,drums,guitar,piano", "--rate", 8000, "--channels", 1)

    done = sepeval("time", "timed_sharing:share", "-p", own, *words)

    assert done.code == 0, done.err
    assert "timed_sharing:share" in done.out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("dicose-unet,kind=deterministic",) * 2, "named twice"),
        (("ideal_ratio_mask",), "hears no mixture"),
        (("dicose-unet,kind",), "takes key=value"),
        (("no-such",), "no-such"),
    ],
)
def test_a_wrong_request_is_told(
    sepeval: Command, words: tuple[object, ...], given: tuple[str, ...], message: str
) -> None:
    words = words if "mask" not in given[0] else words[:3]

    done = sepeval(*words, *given)

    assert done.code == 2
    assert message in done.err


def test_a_timing_protocol_is_no_protocol_of_scores(sepeval: Command) -> None:
    listed = sepeval("protocols", "list")

    assert listed.code == 0
    assert "timing" not in listed.out


def test_settings_for_all_are_in_the_names(sepeval: Command, words: tuple[object, ...]) -> None:
    given = ("-S", "kind=consistency", "-S", "steps=2", "-S", "overlap=0", "-S", "device=cpu")
    done = sepeval(*words, "dicose-unet", "dicose-unet,steps=4", *given, "--json")

    names = [row["name"] for row in json.loads(done.out)["rows"]]
    assert names == [
        "dicose-unet, kind=consistency, steps=2",
        "dicose-unet, steps=4, kind=consistency",
    ]


@pytest.mark.parametrize(
    "given", [("--baseline", "fast"), ("-p", "two-stems"), ("--side-by-side",)]
)
def test_options_for_scores_are_refused_beside_times(
    sepeval: Command, tmp_path: Path, given: tuple[str, ...]
) -> None:
    done = sepeval("table", "--timing", tmp_path, *given)

    assert done.code == 2
    assert "is for scores" in done.err


def test_the_mixture_must_be_told_its_stems(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("time", "mixture", "-p", write_protocol(tmp_path))

    assert done.code == 2
    assert "add -S stems=" in done.err


def test_a_failed_arm_ends_with_1_after_the_table(
    sepeval: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("timed_breaking.py").write_text(BREAKING)
    own = write_protocol(tmp_path, segment=None, track={"seconds": 0.5})
    both = ("mixture", "timed_breaking:share")
    words = ("-S", "stems=bass,drums", "--rate", 8000, "--channels", 1)

    done = sepeval("time", *both, "-p", own, *words)

    assert done.code == 1, done.err
    assert "mixture" in done.out
    assert "failed: timed_breaking:share" in done.err
    assert "the sky fell" in sepeval("table", "--timing", "timings").out


def test_times_have_no_html(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("table", "--timing", tmp_path, "--format", "html")

    assert done.code == 2
    assert "text, markdown, csv and json" in done.err
