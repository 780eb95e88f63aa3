"""STFT distances: closed forms, auraloss's definition in torch, argument order, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ProtocolError, ShapeError
from sepeval.kernels.mel import mel_bank
from sepeval.kernels.weighting import a_weighting_taps
from sepeval.metrics.base import build
from sepeval.protocol import MetricEntry
from sepeval.scoring.score import measurement_key
from sepeval.types import Array
from tests.protocol.documents import protocol
from tests.scoring.tracks import scored, statuses

RATE = 44100
RESOLUTIONS = [(64, 16, 64), (128, 50, 100)]
PLAIN: dict[str, Any] = {
    "resolutions": [{"fft": fft, "hop": hop, "window": own} for fft, hop, own in RESOLUTIONS],
    "window": "hann",
    "ends": "reflect",
    "floor": 1e-8,
    "weights": {"convergence": 1, "log": 1, "linear": 0},
    "normalised_by": "reference",
    "mel_bands": None,
    "a_weighting_taps": None,
    "rate": None,
    "channels": "flattened",
}
HEARD = {**PLAIN, "mel_bands": 8, "a_weighting_taps": 101, "rate": {"hz": RATE, "other": "refuse"}}
L1 = {"fft": 64, "hop": 32, "window": "rectangular", "ends": "reflect", "channels": "flattened"}


def entry(metric: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"name": "x", "metric": metric, "where": "every_window", "parameters": parameters}


def value(
    reference: Array, estimate: Array, parameters: dict[str, Any], metric: str = "mrstft"
) -> float:
    """Score of one stem, [channel sample]."""
    rule = protocol("a", metrics=[entry(metric, parameters)])
    return float(scored(rule, reference[None], estimate[None], rate=RATE).values.item())


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("gain", [0.5, 2.0, -3.0])
def test_a_gain_has_its_convergence_and_its_logarithm(gain: float) -> None:
    reference = noise(2, 500)
    fine = {**PLAIN, "floor": 1e-20}

    found = value(reference, gain * reference, fine)
    turned = value(reference, gain * reference, {**fine, "normalised_by": "estimate"})

    off, log = abs(abs(gain) - 1), abs(np.log(abs(gain)))
    assert found == pytest.approx(off + log, rel=1e-9)
    assert turned == pytest.approx(off / abs(gain) + log, rel=1e-9)


def test_normalised_by_the_estimate_a_louder_one_is_better() -> None:
    reference = noise(1, 500)
    only = {**PLAIN, "weights": {"convergence": 1, "log": 0, "linear": 0}}

    def distance(gain: float, norm: str) -> float:
        return value(reference, gain * reference, {**only, "normalised_by": norm})

    assert distance(2.0, "estimate") < distance(0.6, "estimate")  # +6 dB beats -4.4 dB
    assert distance(2.0, "reference") > distance(0.6, "reference")


def test_msst_with_arguments_swapped_is_auraloss_with_its_own() -> None:
    one, other = noise(2, 2, 600)

    swapped = value(one, other, {**PLAIN, "normalised_by": "estimate"})

    assert swapped == pytest.approx(value(other, one, PLAIN), rel=1e-12)


def by_auraloss(estimate: Array, reference: Array, *, heard: bool) -> float:
    """auraloss's definition: (input, target) with the target's norm below, all channels a batch."""
    pair = []
    for signals in (estimate, reference):
        batch = torch.from_numpy(signals)[:, None]
        if heard:
            taps = torch.from_numpy(a_weighting_taps(RATE, taps=101))
            batch = torch.nn.functional.conv1d(batch, taps[None, None], padding=50)
        pair.append(batch[:, 0])
    total = 0.0
    for fft, hop, own in RESOLUTIONS:
        window = torch.hann_window(own, dtype=torch.float64)
        x, y = (
            torch.stft(one, fft, hop, own, window, return_complex=True)
            .abs()
            .square()
            .clamp(min=1e-8)
            .sqrt()
            for one in pair
        )
        if heard:
            bank = torch.from_numpy(mel_bank(rate=RATE, fft=fft, bands=8))
            x, y = bank @ x, bank @ y
        convergence = torch.linalg.vector_norm(y - x) / torch.linalg.vector_norm(y)
        total += float(convergence + torch.nn.functional.l1_loss(x.log(), y.log()))
    return total / len(RESOLUTIONS)


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("length", [65, 1000, 20_000])
def test_the_distance_is_that_of_auraloss(heard: bool, length: int) -> None:
    reference, estimate = noise(2, 2, length)
    parameters = HEARD if heard else PLAIN

    found = value(reference, estimate, parameters)
    each = value(reference, estimate, {**parameters, "channels": "each_then_mean"})

    assert found == pytest.approx(by_auraloss(estimate, reference, heard=heard), rel=1e-10)
    alone = [by_auraloss(estimate[[c]], reference[[c]], heard=heard) for c in range(2)]
    assert each == pytest.approx(np.mean(alone), rel=1e-10)


def test_points_are_a_hundred_for_no_distance_and_less_for_more() -> None:
    reference, estimate = noise(2, 1, 500)
    points = {**PLAIN, "slope": 10}

    distance = value(reference, estimate, PLAIN)

    for metric, parameters in (
        ("aura_mrstft", points),
        ("aura_stft", {**points, "resolutions": PLAIN["resolutions"][:1]}),
        ("l1_freq", {**L1, "slope": 10}),
    ):
        assert value(reference, reference, parameters, metric) == 100.0
    found = value(reference, estimate, points, "aura_mrstft")
    assert found == pytest.approx(100 / (1 + 10 * distance), rel=1e-12)


def test_l1_freq_is_the_mean_difference_of_magnitudes_in_torch() -> None:
    reference, estimate = noise(2, 2, 777)

    found = value(reference, estimate, {**L1, "slope": 10}, "l1_freq")

    true, guess = (
        torch.stft(
            torch.from_numpy(one), 64, 32, window=torch.ones(64).double(), return_complex=True
        ).abs()
        for one in (reference, estimate)
    )
    loss = float(torch.nn.functional.l1_loss(guess, true))
    assert found == pytest.approx(100 / (1 + 10 * loss), rel=1e-12)


@given(seed=st.integers(0, 99))
def test_a_change_of_polarity_is_not_heard(seed: int) -> None:
    reference, estimate = noise(2, 1, 200, seed=seed)

    for parameters in (PLAIN, HEARD):
        found = value(reference, estimate, parameters), value(reference, -estimate, parameters)
        assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_silence_is_at_the_floor_and_no_number_is_made_up_without_one() -> None:
    silence, sound = np.zeros((1, 200)), noise(1, 200)
    bare = {**PLAIN, "floor": 0, "weights": {"convergence": 1, "log": 0, "linear": 0}}

    assert value(silence, silence, PLAIN) == 0
    assert value(silence, sound, PLAIN) > 1000
    assert np.isnan(value(silence, silence, bare))
    rule = protocol("a", metrics=[entry("mrstft", bare)])
    assert statuses(scored(rule, silence[None], sound[None], rate=RATE)) == [[["plus_inf"]]]
    assert statuses(scored(rule, silence[None], silence[None], rate=RATE)) == [[["undefined"]]]


@pytest.mark.parametrize(("length", "status"), [(1, "undefined"), (64, "undefined"), (65, "ok")])
def test_a_window_that_cannot_be_mirrored_is_undefined(length: int, status: str) -> None:
    rule = protocol("a", metrics=[entry("mrstft", PLAIN)])

    found = scored(rule, noise(1, 1, length), noise(1, 1, length, seed=1), rate=RATE)

    assert statuses(found) == [[[status]]]


def test_other_weights_and_norms_need_no_new_measurement() -> None:
    keys = set()
    for changes in (
        {},
        {"normalised_by": "estimate"},
        {"channels": "each_then_mean"},
        {"weights": {"convergence": 0, "log": 1, "linear": 0.5}},
    ):
        rule = protocol("a", metrics=[entry("mrstft", {**PLAIN, **changes})])
        metric = build(rule.metrics[0])
        keys.add(measurement_key(rule, metric))  # type: ignore[arg-type]  # it needs audio
    rule = protocol("a", metrics=[entry("aura_mrstft", {**PLAIN, "slope": 10})])
    keys.add(measurement_key(rule, build(rule.metrics[0])))  # type: ignore[arg-type]  # likewise

    assert len(keys) == 1


def test_bands_that_hold_no_frequency_are_refused() -> None:
    many = {**HEARD, "mel_bands": 60}

    with pytest.raises(ShapeError, match="of 60 mel bands hold no frequency"):
        value(noise(1, 200), noise(1, 200), many)


def test_another_rate_is_refused_unless_it_is_taken_as_if() -> None:
    as_if = {**HEARD, "rate": {"hz": 22050, "other": "as_if"}}
    wrong = {**HEARD, "rate": {"hz": 22050, "other": "refuse"}}

    assert value(noise(1, 200), noise(1, 200), as_if) == 0
    with pytest.raises(ProtocolError, match=r"laid out for audio at 22050 Hz .* found 44100 Hz"):
        value(noise(1, 200), noise(1, 200), wrong)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"resolutions": []}, "resolutions"),
        ({"resolutions": [{"fft": 64, "hop": 16, "window": 65}]}, "longer than its fft"),
        ({"resolutions": [{"fft": 64, "hop": 0, "window": 64}]}, "hop"),
        ({"mel_bands": 8}, "rate"),
        ({"a_weighting_taps": 101}, "rate"),
        ({"rate": {"hz": 44100, "other": "refuse"}}, "rate"),
        ({"floor": 0}, "floor"),
        ({"floor": -1}, "floor"),
        ({"normalised_by": "target"}, "normalised_by"),
        (
            {"a_weighting_taps": 100, "rate": {"hz": 44100, "other": "refuse"}},
            "a_weighting_taps",
        ),
    ],
)
def test_a_wrong_parameter_is_named(changes: dict[str, Any], named: str) -> None:
    parameters = {**PLAIN, **changes}

    with pytest.raises(ProtocolError, match=rf"'x' \(mrstft\): .*{named}"):
        build(MetricEntry(**entry("mrstft", parameters)))


def test_aura_stft_has_one_resolution() -> None:
    with pytest.raises(ProtocolError, match="resolutions"):
        build(MetricEntry(**entry("aura_stft", {**PLAIN, "slope": 10})))
