"""Many runs are listed and tabled at once, with the numbers that each of them has alone."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import pytest

from sepeval.report import table
from sepeval.results import gather, listed
from sepeval.store import Run, find_runs
from sepeval.summary import summarise, summarise_all
from tests.report import runs
from tests.report.runs import Score
from tests.results.many_runs import PROTOCOL, one_run, write_many
from tests.robustness.figures import count

STATUSES = ("ok", "ok", "ok", "silent_reference", "undefined", "plus_inf", "minus_inf")


def invented(root: Path, number: int, tracks: str = "abc") -> Run:
    """A run of random scores, some of them missing."""
    draw = random.Random(number)  # noqa: S311 - numbers for a test
    scores = []
    for track in tracks:
        for stem in ("bass", "drums"):
            for _ in range(draw.randrange(1, 6)):
                status = draw.choice(STATUSES)
                value = draw.gauss(0, 10) if status == "ok" else None
                silent = draw.choice([True, False, None])
                scores.append(Score(track, stem, value, status=status, silent=silent))
    return runs.write(root, f"system{number}", scores)


def test_together_runs_have_the_numbers_that_each_has_alone(tmp_path: Path) -> None:
    several = [invented(tmp_path, number) for number in range(30)]
    document = several[0].protocol("two-stems")

    together = summarise_all(several, document)

    assert together == tuple(summarise(run, "two-stems") for run in several)


def test_runs_of_other_tracks_keep_the_order_of_their_own_sums(tmp_path: Path) -> None:
    several = [invented(tmp_path, *one) for one in enumerate(("abc", "abc", "cb", "bca", "dcab"))]

    together = summarise_all(several, several[0].protocol("two-stems"))

    assert together == tuple(summarise(run, "two-stems") for run in several)


def test_there_may_be_more_rows_than_are_reduced_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [invented(tmp_path, number) for number in range(5)]
    document = several[0].protocol("two-stems")
    together = summarise_all(several, document)

    monkeypatch.setattr("sepeval.summary.numbers._BATCH", 30)

    assert summarise_all(several, document) == together


def test_a_list_has_a_line_for_each_run_that_is_damaged_too(tmp_path: Path) -> None:
    runs.write(tmp_path, "ours", [Score("one", "bass", 1.0)], partial="1 of 50 tracks")
    bad = runs.write(tmp_path, "theirs", [Score("one", "bass", 1.0)], errors={"two": "unreadable"})
    started = runs.write(tmp_path, "started", [Score("one", "bass", 1.0)], status="started")
    (bad.folder / "manifest.json").write_text("{", encoding="utf-8")

    ours, first, theirs = listed([tmp_path])

    assert (ours.label, ours.status, ours.notes) == ("ours", "complete", ("1 of 50 tracks",))
    assert (ours.protocols, ours.tracks, ours.sepeval) == (("two-stems.v1",), 1, "0.1.0")
    assert (first.status, first.folder) == ("started", started.folder)
    assert (theirs.status, theirs.label, theirs.folder) == ("damaged", "", bad.folder)
    assert "manifest.json" in theirs.notes[0]


def _timed(folder: Path, number: int) -> tuple[float, float]:
    begin = time.process_time()
    lines = listed([folder])
    listing = time.process_time() - begin
    shown = table(find_runs([folder]), PROTOCOL).as_text()
    tabling = time.process_time() - begin - listing

    assert len(lines) == number
    assert shown.count("system0") >= number
    return listing, tabling


@pytest.mark.slow
def test_three_hundred_runs_are_listed_and_tabled_at_once(tmp_path: Path) -> None:
    run = one_run(tmp_path)
    write_many(run, tmp_path / "runs", 300)

    listing, tabling = _timed(tmp_path / "runs", 300)

    results = gather(find_runs([tmp_path / "runs"]), PROTOCOL)
    alone = [(row.stem, row.metric, row.value) for row in summarise(run, PROTOCOL)]
    assert all(
        [(row.stem, row.metric, row.value) for row in system.rows] == alone
        for system in results.systems
    )
    assert listing < 2.0
    assert tabling < 6.0


@pytest.mark.robustness
def test_ten_thousand_runs_are_listed_and_tabled_in_seconds(tmp_path: Path) -> None:
    write_many(one_run(tmp_path), tmp_path / "runs", 10_000)

    listing, tabling = _timed(tmp_path / "runs", 10_000)

    count("runs listed", 10_000)
    count("runs tabled", 10_000)
    sys.stderr.write(f"\n10,000 runs: listed in {listing:.1f} s, tabled in {tabling:.1f} s (CPU)\n")
    assert listing < 20.0
    assert tabling < 60.0
