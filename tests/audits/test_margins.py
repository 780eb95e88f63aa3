from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sepeval.audits.margins import dominant_track, margins
from sepeval.store import Run
from tests.audits.boards import board
from tests.report.runs import Score, protocol, summary, write


def system(root: Path, label: str, values: np.ndarray, **changed: object) -> Run:
    """A run with one window per track, equal in both stems."""
    return write(root, label, _rows(values), under=protocol(**changed))


def hard_and_easy(tracks: int = 30) -> np.ndarray:
    return np.asarray(np.random.default_rng(0).normal(8.0, 3.0, tracks))


def test_a_small_margin_that_holds_on_every_track_is_supported(tmp_path: Path) -> None:
    values = hard_and_easy()
    runs = [system(tmp_path, "a", values + 0.1), system(tmp_path, "b", values)]

    assert not list(margins(board(*runs)))


def test_a_margin_that_other_tracks_would_turn_is_found(tmp_path: Path) -> None:
    values = hard_and_easy()
    other = values - 0.1 + np.random.default_rng(1).normal(0.0, 2.0, len(values))
    runs = [system(tmp_path, "a", values), system(tmp_path, "b", other)]

    (finding,) = margins(board(*runs))

    (row,) = finding.evidence
    difference = values - other
    sign = np.sign(difference.mean())
    theirs = stats.bootstrap((sign * difference,), np.mean, n_resamples=5000, method="BCa")
    assert finding.severity == "warning"
    assert row["margin"] == pytest.approx(abs(difference.mean()))
    assert row["low"] == pytest.approx(theirs.confidence_interval.low, abs=0.15)
    assert row["high"] == pytest.approx(theirs.confidence_interval.high, abs=0.15)


@pytest.mark.parametrize("axes", [["window", "track"], ["track"]])
def test_medians_are_drawn_by_track_too(tmp_path: Path, axes: list[str]) -> None:
    first = [] if "window" in axes else [{"over": ["window"], "by": "median"}]
    steps = [*first, {"over": axes, "by": "median"}, {"over": ["replicate"], "by": "mean"}]
    under = {"summaries": [summary(steps=steps)]}
    values = hard_and_easy()
    noise = np.random.default_rng(1).normal(0.0, 3.0, len(values))
    runs = [system(tmp_path, "a", values, **under), system(tmp_path, "b", values + noise, **under)]

    (finding,) = margins(board(*runs))

    assert float(str(finding.evidence[0]["low"])) < 0 < float(str(finding.evidence[0]["high"]))


def test_one_track_that_decides_a_mean_is_found(tmp_path: Path) -> None:
    values = hard_and_easy()
    values[7] = 80.0

    (finding,) = dominant_track(board(system(tmp_path, "a", values)))

    assert "track 07" in finding.message
    assert finding.severity == "warning"
    assert finding.value_by_better_rule == pytest.approx(np.delete(values, 7).mean())


def test_a_stem_that_sounds_in_one_track_leaves_no_number_without_it(tmp_path: Path) -> None:
    drums = (1.0, 2.0, 1.5, 1.0, 80.0, 2.0)
    rows = [Score(f"track {at}", "drums", value) for at, value in enumerate(drums)]
    made = write(tmp_path, "a", [*rows, Score("track 0", "bass", 9.0)])

    (finding,) = dominant_track(board(made))

    assert finding.effect_db == pytest.approx((np.mean(drums) - 1.5) / 2)
    assert "track 0" not in {row["track"] for row in finding.evidence}


def test_even_tracks_dominate_nothing(tmp_path: Path) -> None:
    assert not list(dominant_track(board(system(tmp_path, "a", hard_and_easy()))))


def test_a_track_that_one_system_lacks_does_not_make_a_margin(tmp_path: Path) -> None:
    values = hard_and_easy()
    values[0] = 60.0
    whole = write(tmp_path, "whole", _rows(values))
    lacking = write(tmp_path, "lacking", _rows(values + 0.1)[2:], errors={"track 00": "no file"})

    assert not list(margins(board(whole, lacking)))  # 0.1 on every track that both have


def test_it_is_told_that_tracks_are_lacking(tmp_path: Path) -> None:
    values = hard_and_easy()
    other = values - 0.1 + np.random.default_rng(1).normal(0.0, 2.0, len(values))
    whole = write(tmp_path, "whole", _rows(values))
    lacking = write(tmp_path, "lacking", _rows(other)[2:], errors={"track 00": "no file"})

    (finding,) = margins(board(whole, lacking))

    assert "over 29 tracks that all systems have (1 are lacking)" in finding.message


def _rows(values: np.ndarray) -> list[Score]:
    return [
        Score(f"track {place:02d}", stem, float(value))
        for place, value in enumerate(values)
        for stem in ("bass", "drums")
    ]
