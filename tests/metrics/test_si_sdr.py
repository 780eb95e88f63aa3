"""SI-SDR and its improvement: closed forms, silence, torchmetrics as oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.audio import (
    scale_invariant_signal_distortion_ratio,
    scale_invariant_signal_noise_ratio,
)

from sepeval.types import Array
from tests.protocol.documents import NO_SCALED_EPS, protocol, scaled_eps, si_sdr
from tests.scoring.tracks import scored, statuses

SAMPLES = 4 * 22050  # a window of 4 s
DOUBLE = float(np.finfo(np.float64).eps)
SINGLE = float(np.finfo(np.float32).eps)


def values(
    references: Array,
    estimates: Array,
    *,
    mixture: Array | None = None,
    **parameters: Any,  # noqa: ANN401 - parameters of a metric
) -> Array:
    """Scores of whole signals, [stem]."""
    names = [f"s{number}" for number in range(len(references))]
    rule = protocol(*names, metrics=[si_sdr(**parameters)])
    return scored(rule, references, estimates, mixture=mixture, rate=8000).values[0, :, 0]


def improvement(reference: Array, estimate: Array, mixture: Array, *, eps: float = 1e-8) -> float:
    """SI-SDRi of one mono stem, of whole signals [sample]."""
    one, other = reference[None, None], estimate[None, None]
    heard = mixture[None]
    found = values(one, other, mixture=heard, metric="si_sdri", eps=scaled_eps(eps))
    return float(found.item())


def noise(*shape: int, seed: int = 0) -> tuple[Array, Array]:
    draw = np.random.default_rng(seed)
    references = draw.standard_normal(shape)
    return references, references + draw.uniform(0.01, 2) * draw.standard_normal(shape)


def at(rms: float) -> Array:
    """A signal of a window's length."""
    return np.full(SAMPLES, rms)


def test_an_orthogonal_error_is_the_ratio_of_energies() -> None:
    reference = np.array([3.0, 0.0])
    estimate = np.array([3.0, 0.3])

    found = values(reference[None, None], estimate[None, None])

    assert found.item() == pytest.approx(20.0, abs=1e-12)


def test_gain_and_polarity_of_the_estimate_are_ignored() -> None:
    references, estimates = noise(2, 2, 100)

    found = values(references, estimates)

    for gain in (1e-6, 0.3, -1.0, 40.0):
        np.testing.assert_allclose(values(references, gain * estimates), found, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("reference", "estimate", "status"),
    [
        (1.0, 0.5, "plus_inf"),
        (1.0, -1.0, "plus_inf"),
        (1.0, 0.0, "undefined"),
        (0.0, 1.0, "undefined"),
        (0.0, 0.0, "undefined"),
    ],
)
def test_without_eps_the_extremes_are_statuses(
    reference: float, estimate: float, status: str
) -> None:
    found = scored(
        protocol("a", metrics=[si_sdr()]),
        np.full((1, 1, 5), reference),
        np.full((1, 1, 5), estimate),
        rate=8000,
    )

    assert statuses(found) == [[[status]]]


@pytest.mark.parametrize(
    ("leak", "eps", "published"),
    [
        (1e-1, 1e-8, 0.0),
        (1e-2, 1e-8, 20.0),
        (1e-3, 1e-8, 40.0),
        (1e-4, 1e-8, 60.0),
        (1e-5, 1e-8, 80.0),
        (1e-6, 1e-8, 99.5),
        (1e-7, 1e-8, 109.1),
        (0.0, 1e-8, 109.5),
        (1e-4, 1e-4, 59.6),
        (0.0, 1e-4, 69.5),
        (0.0, 1e-12, 149.5),
    ],
)
def test_on_a_silent_reference_the_improvement_is_mixture_over_leak(
    leak: float, eps: float, published: float
) -> None:
    found = improvement(at(0.0), at(leak), at(0.1), eps=eps)

    energies = SAMPLES * np.array([0.1, leak]) ** 2 + eps
    assert found == pytest.approx(10 * np.log10(energies[0] / energies[1]), abs=1e-9)
    assert found == pytest.approx(published, abs=0.07)  # the table was simulated with noise


@pytest.mark.parametrize("level_db", [5.0, 8.0, 10.0])
def test_zeros_on_an_active_reference_gain_what_the_mixture_lacks(level_db: float) -> None:
    reference, other = noise(2, SAMPLES, seed=3)[0]
    other -= (other @ reference) / (reference @ reference) * reference
    other *= np.sqrt((reference @ reference) / (other @ other)) * 10 ** (level_db / 20)

    found = improvement(0.05 * reference, at(0.0), 0.05 * (reference + other))

    assert found == pytest.approx(level_db, abs=1e-6)


def test_zeros_on_an_active_reference_score_zero() -> None:
    reference = noise(1, 1, SAMPLES)[0]

    found = values(reference, 0 * reference, eps=scaled_eps(1e-8))

    assert found.item() == pytest.approx(0.0, abs=1e-9)


def test_a_perfect_estimate_reaches_the_ceiling_that_eps_sets() -> None:
    reference = at(0.05)[None, None]
    energy = SAMPLES * 0.05**2

    for eps in (1e-4, 1e-8, 1e-12):
        found = values(reference, reference, eps=scaled_eps(eps))
        assert found.item() == pytest.approx(10 * np.log10((energy + eps) / eps), abs=1e-9)


def test_the_mixture_improves_on_itself_by_nothing() -> None:
    references, _ = noise(3, 2, 100)
    mixture = references.sum(axis=0)
    copies = np.repeat(mixture[None], 3, axis=0)

    found = values(references, copies, metric="si_sdri", eps=scaled_eps(1e-8))

    np.testing.assert_allclose(found, 0.0, rtol=0, atol=1e-9)


def test_a_floor_of_a_silent_stem_moves_the_improvement_by_sixty_decibels() -> None:
    leak, floor = 1e-4 * np.random.default_rng(1).standard_normal((2, SAMPLES))
    mixture = 0.1 * np.random.default_rng(2).standard_normal(SAMPLES)

    exact = improvement(at(0.0), leak, mixture)
    dithered = improvement(0.1 * floor, leak, mixture + 0.1 * floor)

    assert exact == pytest.approx(60.0, abs=0.1)
    assert dithered < 30.0


@pytest.mark.parametrize("quality_db", [20, 60, 100, 140])
def test_a_good_estimate_keeps_its_score(quality_db: int) -> None:
    reference, error = noise(2, 22050, seed=5)[0]
    error -= (error @ reference) / (reference @ reference) * reference
    error *= np.sqrt((reference @ reference) / (error @ error)) * 10 ** (-quality_db / 20)

    found = values(reference[None, None], (0.7 * (reference + error))[None, None])

    assert found.item() == pytest.approx(quality_db, abs=1e-6)


def test_eps_per_sample_holds_a_silent_reference_at_eighty_decibels() -> None:
    eps = {**NO_SCALED_EPS, "scale": 1e-8, "scale_counts": "per_sample", "error": 1e-8}
    eps["ratio"] = 1e-8
    silent = np.zeros((1, 2, 500))

    for leak in (1.0, 1e-3):
        estimates = np.full((1, 2, 500), leak)
        found = values(silent, estimates, eps=eps, channels="flattened")
        assert found.item() == pytest.approx(-80.0, abs=1e-9)


def test_eps_per_sample_is_summed_over_the_channels_that_are_flattened() -> None:
    rms, channels, samples = 1e-4, 2, 1000
    references = rms * np.sign(noise(1, channels, samples)[0])
    eps = {**NO_SCALED_EPS, "scale": 1e-8, "scale_counts": "per_sample"}

    found = values(references, 0.5 * references, eps=eps, channels="flattened")

    energy = channels * samples * rms**2
    gain = (0.5 * energy + channels * samples * 1e-8) / (energy + channels * samples * 1e-8)
    assert gain == pytest.approx(0.75)
    assert found.item() == pytest.approx(20 * np.log10(gain / (gain - 0.5)), abs=1e-9)


def test_a_constant_reference_is_undefined_once_its_mean_is_removed() -> None:
    found = scored(
        protocol("a", metrics=[si_sdr(zero_mean=True)]),
        np.full((1, 2, 1000), 0.3),
        noise(1, 2, 1000)[0],
        rate=8000,
    )

    assert statuses(found) == [[["undefined"]]]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("zero_mean", [False, True])
def test_scores_are_those_of_torchmetrics(seed: int, zero_mean: bool) -> None:
    references, estimates = noise(3, 2, 1000, seed=seed)
    references += 0.1

    found = values(references, estimates, eps=scaled_eps(DOUBLE), zero_mean=zero_mean)

    oracle = scale_invariant_signal_distortion_ratio(
        torch.from_numpy(estimates), torch.from_numpy(references), zero_mean=zero_mean
    )
    np.testing.assert_allclose(found, oracle.numpy().mean(axis=1), rtol=0, atol=1e-9)


def test_with_the_mean_removed_scores_are_the_si_snr_of_torchmetrics() -> None:
    references, estimates = noise(4, 1, 3000, seed=9)

    found = values(references + 1.0, estimates, eps=scaled_eps(DOUBLE), zero_mean=True)

    oracle = scale_invariant_signal_noise_ratio(
        torch.from_numpy(estimates), torch.from_numpy(references + 1.0)
    )
    np.testing.assert_allclose(found, oracle.numpy()[:, 0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("quality_db", [-20, 0, 20, 40, 60])
def test_single_precision_is_torch_in_single_precision(quality_db: int) -> None:
    reference, error = 0.05 * noise(2, SAMPLES, seed=5)[0]
    estimate = reference + 10 ** (-quality_db / 20) * error
    one, other = (part.astype(np.float32)[None, None] for part in (reference, estimate))

    found = values(
        one.astype(np.float64),
        other.astype(np.float64),
        eps=scaled_eps(SINGLE),
        precision="float32",
    )

    oracle = scale_invariant_signal_distortion_ratio(torch.from_numpy(other), torch.from_numpy(one))
    assert found.item() == pytest.approx(oracle.item(), abs=2e-4)  # its sums are single too


@given(seed=st.integers(0, 2**32 - 1))
def test_the_improvement_is_the_difference_to_the_mixture(seed: int) -> None:
    references, estimates = noise(2, 2, 60, seed=seed)
    mixture = references.sum(axis=0)
    copies = np.repeat(mixture[None], 2, axis=0)

    found = values(references, estimates, metric="si_sdri", eps=scaled_eps(1e-8))

    both = [values(references, one, eps=scaled_eps(1e-8)) for one in (estimates, copies)]
    np.testing.assert_allclose(found, both[0] - both[1], rtol=0, atol=1e-9)
