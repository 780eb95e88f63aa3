"""Losses of denoisers and consistency models."""

import math

import pytest
import torch
from torch import Tensor

from sepeval.diffusion.losses import (
    consistency,
    denoising,
    heun_path,
    waveform_and_spectra,
    weight,
)

SIGMAS = torch.tensor([[1.0, 2.0], [0.5, 1.0], [0.25, 0.5]])  # [level item]


def wiener(x: Tensor, sigma: Tensor) -> Tensor:
    """The best denoiser of white noise of variance 1."""
    return x / (1.0 + sigma.reshape(-1, 1, 1) ** 2)


def signal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_denoiser_that_knows_the_answer_has_no_loss() -> None:
    clean = signal(2, 1, 8)

    found = denoising(lambda *_: clean, clean, signal(2, 1, 8), SIGMAS[0], sigma_data=0.2)

    assert found.tolist() == [0.0, 0.0]


def test_the_weight_is_that_of_the_scaling_of_the_output() -> None:
    assert weight(torch.tensor(0.2), sigma_data=0.2).item() == pytest.approx(2.0 / 0.04)


def test_a_denoiser_that_changes_nothing_pays_for_the_noise() -> None:
    noise = torch.ones(2, 1, 8)

    found = denoising(lambda x, _: x, torch.zeros(2, 1, 8), noise, SIGMAS[0], sigma_data=1.0)

    # weight · σ² = (σ² + 1) / σ² · σ²
    assert found.tolist() == pytest.approx([2.0, 5.0])


def test_the_path_is_that_of_the_differential_equation() -> None:
    # dx/dσ = x σ / (1 + σ²): x goes like √(1 + σ²)
    levels = torch.linspace(2.0, 0.1, 50).reshape(-1, 1)
    x = torch.ones(1, 1, 3, dtype=torch.float64)

    found = heun_path(wiener, x, levels.double())

    expected = math.sqrt((1.0 + 0.1**2) / (1.0 + 2.0**2))
    assert found.flatten().tolist() == pytest.approx([expected] * 3, rel=1e-3)


def test_each_item_follows_its_own_levels() -> None:
    x = signal(2, 1, 8)

    both = heun_path(wiener, x, SIGMAS)

    for item in range(2):
        one = slice(item, item + 1)
        torch.testing.assert_close(both[one], heun_path(wiener, x[one], SIGMAS[:, one]))


def test_the_exact_consistency_function_has_no_loss() -> None:
    # of white noise of variance 1: f(x, σ) = x / √(1 + σ²)
    def exact(x: Tensor, sigma: Tensor) -> Tensor:
        return x / (1.0 + sigma.reshape(-1, 1, 1) ** 2) ** 0.5

    levels = torch.linspace(2.0, 0.5, 100).reshape(-1, 1).double()

    found = consistency(
        exact, exact, wiener, signal(1, 1, 100).double(), signal(1, 1, 100, seed=1).double(), levels
    )

    assert found.item() < 1e-8


def test_no_gradient_goes_through_the_target() -> None:
    gain = torch.ones(1, requires_grad=True)
    frozen = torch.ones(1, requires_grad=True)

    loss = consistency(
        lambda x, _: gain * x,
        lambda x, _: frozen * x,
        wiener,
        signal(2, 1, 8),
        signal(2, 1, 8, seed=1),
        SIGMAS,
    )
    loss.sum().backward()  # type: ignore[no-untyped-call]  # of torch

    assert gain.grad is not None
    assert frozen.grad is None


def test_equal_waveforms_have_no_loss() -> None:
    x = signal(2, 2, 5000)

    assert waveform_and_spectra(x, x.clone()).tolist() == [0.0, 0.0]


def test_a_gain_of_the_difference_is_a_gain_of_the_loss() -> None:
    x, difference = signal(2, 2, 5000), signal(2, 2, 5000, seed=1)

    once = waveform_and_spectra(x + difference, x)
    twice = waveform_and_spectra(x + 2.0 * difference, x)

    assert twice.tolist() == pytest.approx((2.0 * once).tolist(), rel=1e-4)


def test_without_windows_the_loss_is_that_of_the_waveform() -> None:
    x = signal(1, 1, 100)

    assert waveform_and_spectra(x + 0.5, x, windows=()).item() == pytest.approx(0.5)
