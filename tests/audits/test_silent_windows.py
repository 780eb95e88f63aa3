from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.silence_threshold import (
    in_dbfs,
    quasi_silence,
    silence_definitions,
    silence_threshold,
)
from sepeval.audits.silent_windows import silent_windows
from sepeval.protocol import load
from tests.audits.boards import Heard, board, music, noisy, protocol, run, silence


def rested(*, floor: float = 0.0, seed: int = 0) -> np.ndarray:
    """Music in which the bass rests for half of the time, over a floor of noise."""
    references = music(seed=seed)
    half = references.shape[2] // 2
    noise = np.random.default_rng(9).normal(size=half)
    references[0, 0, :half] = floor * noise
    return references


def test_silence_that_is_scored_is_found_with_its_closed_form(tmp_path: Path) -> None:
    references = rested()
    estimates = noisy(references, level=0.1)
    estimates[0, 0, :300] = 1e-3 * np.random.default_rng(2).normal(size=300)
    made = run(tmp_path, "leaky", {"one": Heard(references, estimates)}, [protocol()])

    (finding,) = silent_windows(board(made))

    row = finding.evidence[0]
    mixture = references.sum(axis=0)[0, :300].reshape(3, 100)
    leak = estimates[0, 0, :300].reshape(3, 100)
    level = 10 * np.log10((mixture**2).sum(axis=1) + 1e-8)
    closed = level - 10 * np.log10((leak**2).sum(axis=1) + 1e-8)
    assert (row["stem"], row["share_silent"]) == ("bass", 0.5)
    assert row["mean_silent"] == pytest.approx(closed.mean(), abs=1e-9)
    assert finding.severity == "error"
    assert finding.value_by_better_rule is not None
    assert finding.value is not None
    assert finding.value - finding.value_by_better_rule == pytest.approx(finding.effect_db)


def test_music_that_never_rests_has_no_finding(tmp_path: Path) -> None:
    references = music()
    estimates = noisy(references, level=0.1)
    made = run(tmp_path, "sound", {"one": Heard(references, estimates)}, [protocol()])

    assert not list(silent_windows(board(made)))
    assert not list(quasi_silence(board(made)))
    assert not list(silence_threshold(board(made)))


def test_silence_that_is_left_out_has_no_finding(tmp_path: Path) -> None:
    references = rested()
    under = protocol(silence=silence(reference="leave_out"))
    heard = Heard(references, noisy(references, level=0.1))
    made = run(tmp_path, "sound", {"one": heard}, [under])

    assert not list(silent_windows(board(made)))


def test_a_ranking_that_silence_decides_is_an_error(tmp_path: Path) -> None:
    references = rested()
    good, quiet = noisy(references, level=0.1), noisy(references, level=0.2)
    quiet[0, 0, :300] = 0.0
    good[0, 0, :300] = 0.01
    runs = [
        run(tmp_path, name, {"one": Heard(references, one)}, [protocol()])
        for name, one in (("good", good), ("quiet", quiet))
    ]

    (finding,) = silent_windows(board(*runs))

    assert finding.severity == "error"
    assert finding.effect_ranks == 1


def test_a_noise_floor_makes_silence_active(tmp_path: Path) -> None:
    references = rested(floor=1e-5)
    estimates = noisy(references, level=0.1)
    under = protocol(silence=silence(reference="leave_out"))
    made = run(tmp_path, "one", {"one": Heard(references, estimates)}, [under])

    (finding,) = quasi_silence(board(made))

    assert finding.severity == "warning"
    assert "3 of 12 references" in finding.message
    assert finding.value_by_better_rule is not None
    assert finding.value is not None
    assert finding.value_by_better_rule > finding.value + 1


def test_the_threshold_of_a_paper_is_marked_on_the_curve(tmp_path: Path) -> None:
    references = rested(floor=10 ** (-45 / 20))
    heard = Heard(references, noisy(references, level=0.1))
    made = run(tmp_path, "one", {"one": heard}, [protocol(silence=silence(reference="leave_out"))])

    (finding,) = silence_threshold(board(made))

    marked = {row["paper"] for row in finding.evidence if row["paper"]}
    assert len(marked) == 7
    zeros = [row for row in finding.evidence if row["paper"] == "exact zeros"]
    assert [row["level_dbfs"] for row in zeros] == [None]
    (low,) = (row["value"] for row in finding.evidence if row["level_dbfs"] == -90.0)
    assert zeros[0]["value"] == low  # the floor lies above both
    assert "exact zeros only" in finding.message
    values = [row["value"] for row in finding.evidence if row["level_dbfs"] in (-90.0, -42.3)]
    assert values[0] != values[1]


@pytest.mark.parametrize(
    ("name", "rate", "channels", "expected"),
    [
        ("slakh2100-msdm", 22050, 1, -47.0),
        ("slakh2100-msdm", 44100, 1, -44.0),
        ("musdb18-dicose", 44100, 2, -47.0),
        ("musdb18-sisec18", 44100, 2, -np.inf),
    ],
)
def test_thresholds_are_those_of_the_papers_in_dbfs(
    name: str, rate: int, channels: int, expected: float
) -> None:
    assert in_dbfs(load(name), rate=rate, channels=channels) == pytest.approx(expected, abs=0.05)


def test_two_rules_that_see_different_silence_are_named(tmp_path: Path) -> None:
    references = rested(floor=1e-5)
    heard = Heard(references, noisy(references, level=0.1))
    zero = protocol()
    level = protocol(name="by-level", silence=silence(rule="rms_dbfs", threshold=-60.0))
    made = run(tmp_path, "one", {"one": heard}, [zero, level])

    (finding,) = silence_definitions(board(made))

    assert "50 percentage points" in finding.message
    assert {row["protocol"] for row in finding.evidence} == {"two-stems.v1", "by-level.v1"}
