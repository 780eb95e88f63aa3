"""What rounding leaves of equal scores is no difference; what few tracks tell is no interval."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sepeval.compare import broken, compare, parsed
from sepeval.kernels.significance import (
    bca,
    effect_size,
    left_out,
    once,
    paired,
    reduced,
    resamples,
    sign_flips,
    wilcoxon,
)
from sepeval.report.tables.comparison import ComparisonText
from tests.compare.test_comparison import BASS, DRUMS, row, scores, two
from tests.report.runs import write

NOISE = 1e-10 * np.array([1.0, -1.0, 0.5, -0.5, 0.3, -0.8])


def test_a_gain_that_is_the_same_everywhere_has_an_infinite_effect(tmp_path: Path) -> None:
    text = ComparisonText(
        compare(two(tmp_path, BASS + 0.5 + NOISE, DRUMS - 0.5 + NOISE), "two-stems")
    )

    found = [row(text.comparison, stem) for stem in ("bass", "drums", "All")]
    assert [one.effect for one in found] == [math.inf, -math.inf, 0.0]
    assert [one.ties for one in found] == [0, 0, 6]
    assert "+inf" in text.as_text()
    assert "an effect of inf: the tracks' differences have no spread" in text.as_text(200)
    assert json.loads(text.as_json())["differences"][0]["effect"] == "+inf"
    assert ",+inf," in text.as_csv()


def test_what_rounding_leaves_is_a_tie(tmp_path: Path) -> None:
    one = row(compare(two(tmp_path, BASS + NOISE, DRUMS), "two-stems"), "bass")

    assert (one.wins, one.ties, one.losses, one.effect, one.p_holm) == (0, 6, 0, 0.0, 1.0)


def test_rounding_decides_no_p_value() -> None:
    generator = np.random.default_rng(3)
    exact = generator.integers(-9, 10, (11, 1)) / 10.0
    baseline = generator.uniform(3, 9, exact.shape)
    noisy, worth = paired(
        baseline + exact + 1e-10 * generator.standard_normal(exact.shape), baseline
    )

    for test in (
        lambda values, own: sign_flips(values, flips=4096, generator=generator, worth=own),
        lambda values, own: wilcoxon(values, worth=own),
    ):
        assert test(noisy, worth) == test(np.round(exact, 1), 1e-9)
    assert effect_size(noisy, by="mean", worth=worth) == pytest.approx(
        effect_size(exact, by="mean")
    )


def test_a_value_at_the_limit_of_a_gate_is_equal_to_it(tmp_path: Path) -> None:
    found = compare(two(tmp_path, BASS + 0.5 - abs(NOISE), DRUMS - 0.0001), "two-stems")

    assert broken(parsed("sdr.bass>=0.5"), found) == ()
    assert broken(parsed("low(sdr.bass)>=0.5"), found) == ()
    assert len(broken(parsed("sdr.bass>0.5"), found)) == 1
    (reason,) = broken(parsed("sdr.drums>=0"), found)
    assert "is -0.0001 dB; the gate asks for >= 0" in reason


def test_one_track_has_no_interval_and_no_place(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, name, scores(BASS[:1] + gain, DRUMS[:1]))
        for name, gain in (("a", 0.0), ("new", 1.0), ("third", 2.0))
    ]
    found = compare(runs, "two-stems")

    one = row(found, "bass")
    assert (one.difference, one.low, one.high, one.effect) == (1.0, None, None, None)
    assert found.standings == ()
    assert broken(parsed("sdr.bass>=1"), found) == ()
    reasons = broken(parsed("low(sdr.bass)>=-99"), found)
    assert all("as one track gives no interval" in reason for reason in reasons)
    assert len(reasons) == 2
    text = ComparisonText(found)
    assert "one track says nothing of others: it has no interval" in text.as_text(200)
    assert "too narrow" not in text.as_text(200)


@pytest.mark.parametrize(("tracks", "is_told"), [(9, True), (10, False)])
def test_intervals_of_few_tracks_are_said_to_be_too_narrow(
    tmp_path: Path, tracks: int, *, is_told: bool
) -> None:
    values = np.random.default_rng(0).uniform(0, 9, (3, tracks))
    runs = [write(tmp_path, str(at), scores(one, one[::-1])) for at, one in enumerate(values)]

    shown = ComparisonText(compare(runs, "two-stems", draws=200)).as_text(300)

    assert ("the interval is too narrow" in shown) is is_told


@pytest.mark.parametrize(("tracks", "held"), [(3, 0.72), (5, 0.85), (8, 0.87), (20, 0.92)])
def test_intervals_hold_the_true_mean_as_often_as_is_said(tracks: int, held: float) -> None:
    generator = np.random.default_rng(tracks)
    inside = []
    for _ in range(8):
        values = generator.standard_normal((tracks, 100))
        counts = resamples(tracks, draws=600, generator=generator)
        whole, drawn, without = (
            reduced(values, one, by="mean") for one in (once(tracks), counts, left_out(tracks))
        )
        low, high = bca(whole[0], drawn, without, confidence=0.95)
        inside.append((low <= 0) & (high >= 0))

    assert np.mean(inside) == pytest.approx(held, abs=0.035)  # 0.012 is one standard error
