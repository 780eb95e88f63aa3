"""Separation with a model of the stems alone."""

import pytest
import torch
from torch import Tensor

from sepeval.diffusion.posterior import dirac, gaussian
from sepeval.diffusion.samplers import along
from sepeval.diffusion.schedules import karras, to_zero
from tests.diffusion.test_samplers import seeded
from tests.golden_cases import ATOL, case, draws, needs_cases

SIGMAS = to_zero(karras(150, sigma_max=1.0, sigma_min=1e-4, rho=7.0))
SHAPE = (1, 2, 20_000)


def toy(x: Tensor, sigma: float) -> Tensor:
    """The analytic denoiser of the reference outputs."""
    clean = 0.04 / (sigma**2 + 0.04) * x + 0.1 * x.tanh() * sigma / (1.0 + sigma)
    return clean.clamp(-1.0, 1.0)


def two(x: Tensor, sigma: float) -> Tensor:
    """The best denoiser of two white stems of variances 0.04 and 0.01."""
    variance = torch.tensor([0.04, 0.01]).reshape(1, 2, 1)
    return variance / (variance + sigma**2) * x


def test_under_dirac_the_stems_sum_to_the_mixture() -> None:
    mixture = 0.2 * seeded(9, (1, 1, 20_000))()

    found = along(
        dirac(two, mixture, source=0),
        seeded(1, SHAPE)(),
        seeded(2, SHAPE),
        SIGMAS,
        s_churn=0.0,
        resamples=1,
        unused_draws="skip",
    )

    # the dependent stem is set before the last step, which moves the other by the last σ
    torch.testing.assert_close(found.x.sum(dim=1, keepdim=True), mixture, atol=1e-3, rtol=0)


def test_the_posterior_of_white_stems_is_that_of_the_theory() -> None:
    stems = torch.tensor([0.2, 0.1]).reshape(1, 2, 1) * seeded(9, SHAPE)()
    mixture = stems.sum(dim=1, keepdim=True)

    found = along(
        dirac(two, mixture, source=0),
        seeded(1, SHAPE)(),
        seeded(2, SHAPE),
        SIGMAS,
        s_churn=20.0,
        resamples=2,
        unused_draws="skip",
    )

    # given the mixture, a stem's mean is its share of the variance
    share = (found.x * mixture).mean(dim=(0, 2)) / (mixture**2).mean()
    assert share.tolist() == pytest.approx([0.8, 0.2], abs=0.03)


def test_a_narrow_gaussian_pulls_towards_the_mixture() -> None:
    mixture = 0.2 * seeded(9, (1, 1, 20_000))()

    found = along(
        gaussian(two, mixture, width=0.75),
        seeded(1, SHAPE)(),
        seeded(2, SHAPE),
        SIGMAS,
        s_churn=0.0,
        resamples=1,
        unused_draws="skip",
    )

    assert (found.x.sum(dim=1, keepdim=True) - mixture).abs().mean() < 0.05


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize(
    "name", ["dirac0_T150_R2_churn20", "dirac2_T30_R1_churn0", "gauss0.75_T150_R2_churn40"]
)
def test_samples_are_those_of_the_released_code(name: str) -> None:
    golden = case("sampler_toy")
    run = golden.document["runs"][name]
    mixture = golden.tensors["in/msdm_mixture"]
    shape = (len(mixture), 4, mixture.shape[-1])
    draw = draws(f"sampler_toy/{name}", shape)
    sigmas = to_zero(
        karras(run["T"], sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"])
    )
    slope = (
        dirac(toy, mixture, source=run["parameter"])
        if name.startswith("dirac")
        else gaussian(toy, mixture, width=run["parameter"])
    )

    found = along(
        slope,
        sigmas[0] * draw(),
        draw,
        sigmas,
        s_churn=run["s_churn"],
        resamples=run["R"],
        unused_draws="skip",
    )

    assert golden.deviation(found.x, name) < ATOL
