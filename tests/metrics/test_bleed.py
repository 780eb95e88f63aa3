"""Bleedless and fullness: what their one-sided means do, and their value on silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sepeval.errors import ProtocolError
from sepeval.kernels.bleed import EXCESS
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import MetricEntry
from sepeval.types import Array
from tests.protocol.documents import protocol
from tests.scoring.tracks import scored, statuses

RATE = 8000
PARAMETERS: dict[str, Any] = {
    "fft": 64,
    "hop": 16,
    "window": "hann",
    "ends": "zeros",
    "mel_bands": 10,
    "rate": {"hz": RATE, "other": "refuse"},
    "floor": 1e-10,
    "range_db": 80,
    "mean_over": "one_sided_bins",
}


def entry(metric: str, **changes: object) -> dict[str, Any]:
    parameters = {**PARAMETERS, **changes}
    return {"name": metric, "metric": metric, "where": "every_window", "parameters": parameters}


def values(reference: Array, estimate: Array, **changes: object) -> tuple[float, float]:
    """Bleedless and fullness of one stem, [channel sample]."""
    rule = protocol("a", metrics=[entry(name, **changes) for name in ("bleedless", "fullness")])
    bleedless, fullness = scored(rule, reference[None], estimate[None], rate=RATE).values.ravel()
    return float(bleedless), float(fullness)


def of_bins(metric: str, differences: Array, **changes: object) -> float:
    """The score where the differences of all bins are given, in dB."""
    made = build(MetricEntry(**entry(metric, **changes)))
    assert isinstance(made, SignalMetric)
    up, down = differences[differences > 0], -differences[differences < 0]
    sums = (up.sum(), up.size, down.sum(), down.size, differences.size)
    stored = {name: np.full((1, 1), float(one)) for name, one in zip(EXCESS, sums, strict=True)}
    return float(made.score(stored).values.item())


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def test_few_bins_far_too_loud_are_worse_than_all_bins_a_little_too_loud() -> None:
    few = np.where(np.arange(1000) < 10, 40.0, 0.0)  # 1 % of the bins
    all_ = np.full(1000, 0.1)

    assert of_bins("bleedless", few) == pytest.approx(2.4, abs=0.05)
    assert of_bins("bleedless", all_) == pytest.approx(90.9, abs=0.05)
    assert of_bins("bleedless", 5 * all_) == pytest.approx(66.7, abs=0.05)
    assert of_bins("fullness", -few) == pytest.approx(2.4, abs=0.05)
    assert of_bins("fullness", few) == of_bins("fullness", 0 * few) == 100.0


def test_the_mean_over_all_bins_counts_how_many_are_too_loud() -> None:
    few = np.where(np.arange(1000) < 10, 40.0, 0.0)
    fewer = np.where(np.arange(1000) < 5, 40.0, 0.0)

    one_sided = [of_bins("bleedless", one) for one in (few, fewer)]
    of_all = [of_bins("bleedless", one, mean_over="all_bins") for one in (few, fewer)]

    assert one_sided[0] == one_sided[1]
    assert of_all == pytest.approx([100 / 1.4, 100 / 1.2])


@pytest.mark.parametrize("gain_db", [0.1, 40.0])
def test_a_gain_is_only_bleed_or_only_lack(gain_db: float) -> None:
    reference = noise(2, 600)
    expected = 100 / (1 + gain_db)

    louder = values(reference, 10 ** (gain_db / 20) * reference)
    softer = values(reference, 10 ** (-gain_db / 20) * reference)

    assert louder == pytest.approx((expected, 100.0), rel=1e-9)
    assert softer == pytest.approx((100.0, expected), rel=1e-9)


def test_a_perfect_estimate_and_two_silent_signals_have_a_hundred() -> None:
    for signal in (noise(2, 3000), np.zeros((2, 300)), noise(1, 1)):
        assert values(signal, signal) == (100.0, 100.0)


def test_a_silent_estimate_bleeds_nothing_and_is_not_full() -> None:
    bleedless, fullness = values(noise(1, 300), np.zeros((1, 300)))

    assert bleedless == 100.0
    assert fullness < 1


def test_leak_into_a_silent_reference_bleeds() -> None:
    bleedless, fullness = values(np.zeros((1, 300)), noise(1, 300))

    assert bleedless < 1
    assert fullness == 100.0


def test_a_window_that_cannot_be_mirrored_is_undefined() -> None:
    rule = protocol("a", metrics=[entry("bleedless", ends="reflect")])

    found = scored(rule, noise(1, 1, 32), noise(1, 1, 32, seed=1), rate=RATE)

    assert statuses(found) == [[["undefined"]]]


def test_another_rate_is_refused_unless_it_is_taken_as_if() -> None:
    rule = protocol("a", metrics=[entry("fullness")])
    as_if = protocol("a", metrics=[entry("fullness", rate={"hz": RATE, "other": "as_if"})])
    sound = noise(1, 1, 300)

    assert scored(as_if, sound, sound, rate=16000).values.item() == 100.0
    with pytest.raises(ProtocolError, match=r"laid out for audio at 8000 Hz .* found 16000 Hz"):
        scored(rule, sound, sound, rate=16000)
