"""`sepeval time`, `table --timing` and `plot --timing`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.cli import StoppedError
from sepeval.synthetic import write_slakh2100_22050
from sepeval.timing import released
from sepeval.timing.protocol import folder
from tests.cli.conftest import Command
from tests.timing.tiny import BANDS, UNET, checkpoint, write_card, write_protocol

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

    table = sepeval("table", "timings", "--timing", "--scores", "runs", "-p", "slakh2100-msdm")
    unsaid = sepeval("table", "runs", "--scores", "runs")

    assert table.code == 0, table.err
    assert "si_sdri, dB: the number of all stems under slakh2100-msdm.v1" in table.out
    assert (unsaid.code, "add --timing" in unsaid.err) == (2, True)


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


def test_an_interruption_says_where_the_calls_lie(
    sepeval: Command, words: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, root: Path, **__: object) -> None:
        (root / "timing-tiny.v1--unfinished-0123abcd").mkdir(parents=True)
        raise StoppedError

    monkeypatch.setattr("sepeval.timing.time_separators", interrupted)
    done = sepeval(*words, "dicose-unet,kind=deterministic")

    assert done.code == 130
    assert "what was timed lies in timings/timing-tiny.v1--unfinished-0123abcd" in done.err
    assert "begins anew" in done.err
    assert not list(tmp_path.glob("sepeval-*"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("dicose-unet,kind=consistency,stps=3",), "did you mean 'steps'"),
        (("dicose-unet,kind=consistency", "-S", "device=cuda:99"), "'cuda:99' is not there"),
        (("dicose-unet,kind=consistency", "-p", "timing-precisions"), "is for cuda"),
    ],
)
def test_a_wrong_request_is_told_before_weights_are_drawn(
    sepeval: Command, words: tuple[object, ...], given: tuple[str, ...], message: str
) -> None:
    done = sepeval(*words, *given)

    assert done.code == 2
    assert message in done.err
    assert "drawing" not in done.err


def test_timing_protocols_are_shown_and_named(sepeval: Command) -> None:
    shown = sepeval("protocols", "show", "timing-fp32")
    told = " ".join(sepeval("time", "--help").out.split()).replace("- ", "-")

    assert shown.code == 0
    assert shown.out.startswith("# One segment at a time")
    for name in released():
        assert name.rpartition(".v")[0] in told


@pytest.mark.slow
def test_the_published_grid_for_a_gpu_is_one_command(
    sepeval: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepeval.timing.weights._CARDS", tmp_path)
    for card in (UNET, BANDS):
        write_card(tmp_path, card)
    lines = (folder() / "timing-precisions.v1.yaml").read_text(encoding="utf-8").splitlines()
    text = " ".join(line.lstrip("# ").rstrip("\\") for line in lines if line.startswith("#   "))
    _, *grid = text.split()
    own = {"timing-precisions": write_protocol(tmp_path), "device=cuda": "device=cpu"}

    done = sepeval(*(own.get(word, word) for word in grid), "-o", tmp_path / "made", "--json")

    assert done.code == 0, done.err
    rows = json.loads(done.out)["rows"]
    assert [sum(row["name"].startswith(name) for row in rows) for name in ("dic", "bs-")] == [6, 7]
    assert [row["nfe"] for row in rows[:6]] == [2, 10, 22, 4, 6, 10]  # two stems here
    assert [row["passes"].get("refiner", 0) for row in rows[6:]] == [0, 6, 8, 20, 2, 4, 8]
