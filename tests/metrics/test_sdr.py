"""The plain SDR: closed forms, places of eps, torchmetrics and torch as oracles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.audio import signal_noise_ratio

from sepeval.types import Array
from tests.protocol.documents import plain_eps, protocol, sdr
from tests.scoring.tracks import scored, statuses

SINGLE = float(np.finfo(np.float32).eps)
DOUBLE = float(np.finfo(np.float64).eps)


def values(references: Array, estimates: Array, **parameters: Any) -> Array:  # noqa: ANN401
    """Scores of whole signals, [stem]."""
    names = [f"s{number}" for number in range(len(references))]
    rule = protocol(*names, metrics=[sdr(**parameters)])
    return scored(rule, references, estimates, rate=8000).values[0, :, 0]


def noise(*shape: int, seed: int = 0) -> tuple[Array, Array]:
    draw = np.random.default_rng(seed)
    references = draw.standard_normal(shape)
    return references, references + draw.uniform(0.01, 2) * draw.standard_normal(shape)


def test_a_tenth_less_is_twenty_decibels() -> None:
    references = np.ones((1, 1, 4))

    assert values(references, 0.9 * references).item() == pytest.approx(20.0, abs=1e-12)
    assert values(references, 0.0 * references).item() == 0.0
    assert values(references, -references).item() == pytest.approx(-6.0206, abs=1e-5)
    assert values(references, 0.5 * references).item() == pytest.approx(6.0206, abs=1e-5)


@pytest.mark.parametrize(
    ("reference", "estimate", "status"),
    [(1.0, 1.0, "plus_inf"), (0.0, 1.0, "minus_inf"), (0.0, 0.0, "undefined"), (1.0, 0.0, "ok")],
)
def test_without_eps_the_extremes_are_statuses(
    reference: float, estimate: float, status: str
) -> None:
    found = scored(
        protocol("a", metrics=[sdr()]),
        np.full((1, 1, 5), reference),
        np.full((1, 1, 5), estimate),
        rate=8000,
    )

    assert statuses(found) == [[[status]]]
    assert np.isnan(found.values).all() == (status != "ok")


def test_eps_bounds_a_perfect_estimate() -> None:
    references = np.full((1, 1, 100), 0.1)  # energy 1

    assert values(references, references, eps=plain_eps(1e-5)).item() == pytest.approx(50.0, 1e-6)
    assert values(references, references, eps=plain_eps(1e-7)).item() == pytest.approx(70.0, 1e-6)


def test_channels_that_differ_have_another_mean_than_their_sum() -> None:
    references = np.stack([np.ones(10), 3.0 * np.ones(10)])[None]
    estimates = references - np.array([[[0.1], [0.6]]])
    errors, energies = np.array([0.01, 0.36]), np.array([1.0, 9.0])

    found = {
        rule: values(references, estimates, channels=rule).item()
        for rule in ("each_then_mean", "energies_summed", "flattened", "downmixed")
    }

    summed = 10 * np.log10(energies.sum() / errors.sum())
    assert found == pytest.approx(
        {
            "each_then_mean": np.mean(10 * np.log10(energies / errors)),
            "energies_summed": summed,
            "flattened": summed,
            "downmixed": 10 * np.log10(2.0**2 / 0.35**2),
        },
        abs=1e-9,
    )


def test_a_mean_that_is_removed_does_not_count() -> None:
    references, estimates = noise(2, 2, 100)

    plain = values(references, estimates, zero_mean=False)
    moved = values(references + 0.3, estimates - 0.7, zero_mean=True)

    centred = [one - one.mean(axis=2, keepdims=True) for one in (references, estimates)]
    np.testing.assert_allclose(moved, values(*centred), rtol=0, atol=1e-9)
    assert (np.abs(plain - values(references + 0.3, estimates)) > 1e-3).all()


@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1.01, 100))
def test_more_noise_is_never_better(seed: int, factor: float) -> None:
    references, estimates = noise(2, 2, 50, seed=seed)
    worse = references + factor * (estimates - references)

    found = values(references, estimates) - values(references, worse)

    np.testing.assert_allclose(found, 20 * np.log10(factor), rtol=0, atol=1e-8)


@given(seed=st.integers(0, 2**32 - 1), gain=st.floats(1e-3, 1e3))
def test_one_gain_on_everything_is_ignored(seed: int, gain: float) -> None:
    references, estimates = noise(2, 2, 50, seed=seed)

    found = values(gain * references, gain * estimates)

    np.testing.assert_allclose(found, values(references, estimates), rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("zero_mean", [False, True])
def test_scores_are_those_of_torchmetrics(seed: int, zero_mean: bool) -> None:
    references, estimates = noise(3, 2, 1000, seed=seed)
    references += 0.1

    found = values(references, estimates, eps=plain_eps(DOUBLE), zero_mean=zero_mean)

    oracle = signal_noise_ratio(
        torch.from_numpy(estimates), torch.from_numpy(references), zero_mean=zero_mean
    )
    np.testing.assert_allclose(found, oracle.numpy().mean(axis=1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("level_db", [0, 40, 80, 120, 160])
def test_single_precision_is_bounded_as_torch_in_single_precision(level_db: int) -> None:
    references, _ = noise(1, 1, 88200)
    references = (0.05 * references).astype(np.float32).astype(np.float64)
    error = 10 ** (-level_db / 20) * 2.0 ** np.round(np.log2(np.abs(references) + 1e-9))
    estimates = (references + error).astype(np.float32).astype(np.float64)

    found = values(references, estimates, eps=plain_eps(SINGLE), precision="float32")

    oracle = signal_noise_ratio(
        torch.from_numpy(estimates).float(), torch.from_numpy(references).float()
    )
    assert found.item() == pytest.approx(oracle.item(), abs=2e-4)  # its sums are single too


@pytest.mark.parametrize("eps", [1e-8, 1e-5])
def test_in_single_precision_a_silent_reference_is_bounded_by_eps_as_in_torch(eps: float) -> None:
    references = np.zeros((1, 1, 88200))
    estimates = np.full((1, 1, 88200), 1e-4)

    found = values(references, estimates, eps=plain_eps(eps), precision="float32")

    error = torch.from_numpy(estimates).float().square().sum()
    oracle = 10 * torch.log10(torch.tensor(eps) / (error + eps))
    assert found.item() == pytest.approx(oracle.item(), abs=1e-4)  # its sums are single too
