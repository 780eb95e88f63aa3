"""log-WMSE: closed forms, the published corner cases, silence, and the torch package's recipe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ProtocolError, ShapeError
from sepeval.kernels.weighting import hearing_taps
from sepeval.metrics.base import build
from sepeval.protocol import MetricEntry
from sepeval.types import Array
from tests.protocol.documents import protocol
from tests.scoring.test_corner_cases import case
from tests.scoring.tracks import scored, statuses

MSST: dict[str, Any] = {
    "mixture_level": "own_channel",
    "weighting": "hearing",
    "rate": {"hz": 44100, "other": "as_if"},
    "inaudible_db": 68,
    "mixture_eps": 1e-8,
    "eps": 1e-8,
}
PLAIN = {**MSST, "weighting": "none", "rate": None}
PERFECT = -4 * np.log(1e-8)  # 73.68


def entry(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "score",
        "metric": "log_wmse",
        "where": "every_window",
        "parameters": parameters,
    }


def value(
    reference: Array, estimate: Array, mixture: Array, parameters: dict[str, Any] = PLAIN
) -> float:
    """Score of one stem, [channel sample]."""
    rule = protocol("a", metrics=[entry(parameters)])
    found = scored(rule, reference[None], estimate[None], mixture=mixture, rate=44100)
    return float(found.values.item())


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("parameters", [MSST, PLAIN])
def test_a_perfect_estimate_has_73_68_of_sound_and_of_silence(parameters: dict[str, Any]) -> None:
    sound, silence = noise(2, 1000), np.zeros((2, 1000))

    assert pytest.approx(73.68, abs=0.005) == PERFECT
    assert value(sound, sound, sound, parameters) == pytest.approx(PERFECT, abs=1e-9)
    assert value(silence, silence, sound, parameters) == pytest.approx(PERFECT, abs=1e-9)
    assert value(silence, silence, silence, parameters) == pytest.approx(PERFECT, abs=1e-9)


@pytest.mark.parametrize("share", [0.001, 0.1, 1.0, 30.0])
def test_a_constant_error_has_the_logarithm_of_its_share_of_the_mixture(share: float) -> None:
    mixture = np.full((1, 100), 0.25)

    found = value(mixture, mixture + share * 0.25, mixture)

    assert found == pytest.approx(-4 * np.log(share**2), abs=0.05)  # eps moves 0.001 by 0.04
    assert value(0 * mixture, mixture, mixture) == pytest.approx(0.0, abs=1e-6)


def test_an_error_68_decibels_below_the_mixture_is_not_audible() -> None:
    mixture = np.full((1, 100), 0.5)

    below, above = (
        value(mixture, mixture + 0.5 * 10 ** (level / 20), mixture) for level in (-68.01, -67.99)
    )

    assert below == pytest.approx(PERFECT, abs=1e-6)
    assert above < 63


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("active ref / perfect", 73.68),
        ("active ref / mixture", 1.12),
        ("active ref / exact zeros", 5.54),
        ("active ref / 0.5*ref", 11.08),
        ("active ref / -ref", -0.01),
        ("active ref / ref+DC 0.01", 18.39),
        ("silent ref / exact zeros", 73.68),
        ("silent ref / leak RMS 1e-4", 55.29),
        ("silent ref / leak RMS 1e-3", 36.85),
        ("silent ref / mixture", 0.00),
    ],
)
def test_a_corner_case_has_the_published_number(name: str, printed: float) -> None:
    reference, estimate, mixture = (one[None] for one in case(name))

    # the table was made from noise that is not at hand
    assert value(reference, estimate, mixture) == pytest.approx(printed, abs=0.03)


def by_recipe(reference: Array, estimate: Array, mixture: Array) -> float:
    """What torch-log-wmse does: scale and filter both signals, then subtract; by convolution."""

    def heard(signal: Array) -> Array:
        full = np.convolve(signal, hearing_taps(44100))
        return full[1999 : 1999 + len(signal)]

    scores = []
    for true, guess, mixed in zip(reference, estimate, mixture, strict=True):
        scale = 1 / (np.sqrt(np.mean(heard(mixed) ** 2)) + 1e-8)
        difference = heard(scale * guess) - heard(scale * true)
        difference[np.abs(difference) < 10 ** (-68 / 20)] = 0
        scores.append(-4 * np.log(np.mean(difference**2) + 1e-8))
    return float(np.mean(scores))


@pytest.mark.parametrize("length", [1, 10, 3000, 30_001])
@pytest.mark.parametrize("level", [1e-4, 0.1])
def test_a_score_is_that_of_the_recipe(length: int, level: float) -> None:
    reference, error, rest = noise(3, 2, length)
    estimate = reference + level * error

    found = value(reference, estimate, reference + rest, MSST)

    assert found == pytest.approx(by_recipe(reference, estimate, reference + rest), abs=1e-9)


@given(seed=st.integers(0, 99), gain=st.floats(1e-3, 1e3))
def test_one_gain_on_everything_is_ignored(seed: int, gain: float) -> None:
    reference, estimate, mixture = noise(3, 1, 200, seed=seed)
    exact = {**PLAIN, "mixture_eps": 0, "inaudible_db": 1000}

    found = value(gain * reference, gain * estimate, gain * mixture, exact)

    assert found == pytest.approx(value(reference, estimate, mixture, exact), abs=1e-9)


def test_reference_and_estimate_may_change_places() -> None:
    reference, estimate, mixture = noise(3, 2, 500)

    one, other = (
        value(*pair, mixture, MSST) for pair in ((reference, estimate), (estimate, reference))
    )

    assert one == pytest.approx(other, abs=1e-12)


def test_each_channel_may_be_set_against_every_channel_of_the_mixture() -> None:
    reference, estimate, mixture = noise(3, 2, 500)
    mixture[1] *= 10

    crossed = value(reference, estimate, mixture, {**MSST, "mixture_level": "every_channel"})

    pairs = [
        value(reference[[c]], estimate[[c]], mixture[[heard]], MSST)
        for c in range(2)
        for heard in range(2)
    ]
    own = value(reference, estimate, mixture, MSST)
    assert crossed == pytest.approx(np.mean(pairs), abs=1e-12)
    assert abs(crossed - own) < 0.01  # pairs and their logarithms even out where none is inaudible


def test_channels_have_a_score_each() -> None:
    reference, estimate, mixture = noise(3, 2, 500)

    both = value(reference, estimate, mixture, MSST)
    each = [value(reference[[c]], estimate[[c]], mixture[[c]], MSST) for c in range(2)]

    assert both == pytest.approx(np.mean(each), abs=1e-12)


def test_without_eps_the_extremes_are_statuses() -> None:
    bare = {**PLAIN, "eps": 0, "mixture_eps": 0}
    rule = protocol("a", metrics=[entry(bare)])
    sound, silence = np.ones((1, 1, 9)), np.zeros((1, 1, 9))

    perfect = scored(rule, sound, sound, mixture=sound[0], rate=44100)
    unheard = scored(rule, sound, 2 * sound, mixture=silence[0], rate=44100)

    assert statuses(perfect) == [[["plus_inf"]]]
    assert statuses(unheard) == [[["undefined"]]]


def test_another_rate_is_refused_or_taken_as_if() -> None:
    sound = noise(1, 1, 100)
    refusing = {**MSST, "rate": {"hz": 44100, "other": "refuse"}}

    as_if = scored(protocol("a", metrics=[entry(MSST)]), sound, 2 * sound, rate=22050)

    assert statuses(as_if) == [[["ok"]]]
    with pytest.raises(ProtocolError, match=r"laid out for audio at 44100 Hz .* found 22050 Hz"):
        scored(protocol("a", metrics=[entry(refusing)]), sound, sound, rate=22050)


def test_a_rate_that_cannot_hold_the_filter_is_refused() -> None:
    low = {**MSST, "rate": {"hz": 16000, "other": "refuse"}}
    sound = noise(1, 1, 100)

    with pytest.raises(ShapeError, match="above 20000 Hz; found 16000"):
        scored(protocol("a", metrics=[entry(low)]), sound, sound, rate=16000)


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": None},
        {"weighting": "none"},
        {"weighting": "a"},
        {"inaudible_db": -68},
        {"rate": {"hz": 44100.0, "other": "as_if"}},
        {"rate": {"hz": 44100}},
    ],
)
def test_a_wrong_parameter_is_refused(changes: dict[str, Any]) -> None:
    parameters = {**MSST, **changes}

    with pytest.raises(ProtocolError, match=r"'x' \(log_wmse\)"):
        build(MetricEntry(name="x", metric="log_wmse", where="every_window", parameters=parameters))
