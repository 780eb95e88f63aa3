"""Scalings, and the denoiser that a network becomes."""

import math
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from sepeval.diffusion.preconditioning import consistency, denoiser, edm
from tests.golden_cases import case, needs_cases

EDM = partial(edm, sigma_data=0.2)
CONSISTENCY = partial(consistency, sigma_data=0.2, sigma_min=1e-4)


def test_at_the_deviation_of_the_data_both_halves_count_alike() -> None:
    scale = EDM(torch.tensor(0.2, dtype=torch.float64))

    assert scale.skip.item() == pytest.approx(0.5)
    assert scale.out.item() == pytest.approx(0.2 / math.sqrt(2.0))
    assert scale.in_.item() == pytest.approx(1.0 / (0.2 * math.sqrt(2.0)))
    assert scale.noise.item() == pytest.approx(math.log(0.2) / 4.0)


@given(sigma=st.floats(1e-4, 80.0))
def test_the_input_of_the_network_has_variance_one(sigma: float) -> None:
    scale = EDM(torch.tensor(sigma, dtype=torch.float64))

    assert scale.in_.item() ** 2 * (sigma**2 + 0.2**2) == pytest.approx(1.0)


@given(sigma=st.floats(1e-4, 80.0))
def test_the_target_of_the_network_has_variance_one(sigma: float) -> None:
    scale = EDM(torch.tensor(sigma, dtype=torch.float64))

    variance = (1.0 - scale.skip.item()) ** 2 * 0.2**2 + scale.skip.item() ** 2 * sigma**2

    assert variance / scale.out.item() ** 2 == pytest.approx(1.0)


def test_a_consistency_model_gives_its_input_back_at_the_smallest_level() -> None:
    given_back = denoiser(lambda x, _: torch.full_like(x, 7.0), CONSISTENCY, clamp=None)

    assert given_back(torch.ones(1, 1, 3), 1e-4).tolist() == [[[1.0, 1.0, 1.0]]]


def test_one_level_per_item_is_the_same_as_item_by_item() -> None:
    clean = denoiser(lambda x, noise: x.tanh() + noise.reshape(-1, 1, 1), EDM, clamp=None)
    x = torch.linspace(-1.0, 1.0, 12).reshape(3, 1, 4)
    sigma = torch.tensor([0.01, 0.1, 1.0])

    both = clean(x, sigma)

    for item in range(3):
        alone = clean(x[item : item + 1], sigma[item].item())
        torch.testing.assert_close(both[item : item + 1], alone, atol=1e-6, rtol=0)


def test_the_network_is_told_the_level_once_per_item() -> None:
    told: list[Tensor] = []

    def network(x: Tensor, noise: Tensor) -> Tensor:
        told.append(noise)
        return x

    denoiser(network, EDM, clamp=None)(torch.zeros(3, 1, 4), 1.0)

    assert told[0].tolist() == [0.0, 0.0, 0.0]


def test_a_clamp_limits_the_estimate() -> None:
    clean = denoiser(lambda x, _: x * 100.0, EDM, clamp=1.0)

    assert clean(torch.tensor([[[-1.0, 1.0]]]), 1.0).tolist() == [[[-1.0, 1.0]]]


@pytest.mark.data
@needs_cases
def test_scalings_are_those_of_the_released_code() -> None:
    sigma, *expected = case("sampler_toy").tensors["out/scalings"].to(torch.float64)

    cm, plain = CONSISTENCY(sigma), EDM(sigma)

    found = (cm.skip, cm.out, plain.skip, plain.out, plain.in_, plain.noise)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)
