"""Samplers of diffusion models."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from sepeval.diffusion.preconditioning import denoiser, edm
from sepeval.diffusion.samplers import euler, heun
from sepeval.diffusion.schedules import karras, to_zero
from tests.golden_cases import ATOL, case, draws, needs_cases

DIFFUSION = [
    "msdm_T1_R1_churn0_s0.01",
    "msdm_T2_R2_churn20_s0.01",
    "msdm_T5_R2_churn20_s0.01",
    "msdm_T3_R1_churn1_s0.002",
    "msdm_T10_R1_churn0_s3",
    "msdm_T7_R3_churn2_s0.5",
]


def toy(x: Tensor, noise: Tensor) -> Tensor:
    """The analytic network of the reference outputs."""
    return 0.3 * x.tanh() + 0.05 * noise.reshape(-1, 1, 1)


def seeded(seed: int, shape: tuple[int, ...]) -> Callable[[], Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(shape, generator=generator)


def wiener(x: Tensor, sigma: float) -> Tensor:
    """The best denoiser of white noise of variance 1."""
    return x / (1.0 + sigma**2)


SIGMAS = to_zero(karras(30, sigma_max=80.0, sigma_min=0.002, rho=7.0))
SHAPE = (1, 1, 20_000)


def test_a_denoiser_that_knows_the_answer_ends_there() -> None:
    answer = torch.linspace(-1.0, 1.0, 8).reshape(1, 1, 8)

    found = euler(
        lambda x, _: answer.expand_as(x),
        torch.zeros(1, 1, 8),
        seeded(0, (1, 1, 8)),
        to_zero((1.0, 0.5)),
        s_churn=0.0,
        resamples=1,
        unused_draws="skip",
    )

    torch.testing.assert_close(found.x, answer, atol=1e-6, rtol=0)


@pytest.mark.parametrize("s_churn", [0.0, 2.0])
def test_heun_gives_the_distribution_of_the_data(s_churn: float) -> None:
    found = heun(wiener, torch.zeros(SHAPE), seeded(0, SHAPE), SIGMAS, s_churn=s_churn)

    assert found.x.std().item() == pytest.approx(1.0, abs=0.03)


def test_heun_is_nearer_to_the_true_flow_than_euler() -> None:
    # dx/dσ = x σ / (1 + σ²): x(0) = x(σ₀) / √(1 + σ₀²)
    noise = seeded(0, SHAPE)()
    true = noise * 80.0 / (1.0 + 80.0**2) ** 0.5

    first = euler(
        wiener,
        torch.zeros(SHAPE),
        lambda: noise,
        SIGMAS,
        s_churn=0.0,
        resamples=1,
        unused_draws="skip",
    )
    second = heun(wiener, torch.zeros(SHAPE), lambda: noise, SIGMAS)

    assert (second.x - true).abs().max() < (first.x - true).abs().max() / 5.0


@pytest.mark.parametrize(("resamples", "nfe"), [(1, 30), (2, 60)])
def test_euler_counts_its_evaluations(resamples: int, nfe: int) -> None:
    calls = []

    def counted(x: Tensor, sigma: float) -> Tensor:
        calls.append(sigma)
        return wiener(x, sigma)

    found = euler(
        counted,
        torch.zeros(1, 1, 4),
        seeded(0, (1, 1, 4)),
        SIGMAS,
        s_churn=0.0,
        resamples=resamples,
        unused_draws="skip",
    )

    assert (found.nfe, len(calls)) == (nfe, nfe)


@pytest.mark.parametrize(("sigmas", "nfe"), [((1.0, 0.5, 0.0), 3), ((1.0, 0.5, 0.1), 4)])
def test_heun_counts_its_evaluations(sigmas: tuple[float, ...], nfe: int) -> None:
    calls = []

    def counted(x: Tensor, sigma: float) -> Tensor:
        calls.append(sigma)
        return wiener(x, sigma)

    found = heun(counted, torch.zeros(1, 1, 4), seeded(0, (1, 1, 4)), sigmas)

    assert (found.nfe, len(calls)) == (nfe, nfe)


def test_churn_is_limited() -> None:
    levels: list[float] = []

    def watched(x: Tensor, sigma: float) -> Tensor:
        levels.append(sigma)
        return x

    euler(
        watched,
        torch.zeros(1, 1, 4),
        seeded(0, (1, 1, 4)),
        (1.0, 0.0),
        s_churn=1e6,
        resamples=1,
        unused_draws="skip",
    )

    assert levels == [pytest.approx(2.0**0.5)]


@pytest.mark.parametrize(("unused_draws", "count"), [("keep", 1 + 2 * (1 + 3)), ("skip", 1 + 6)])
def test_unused_draws_are_drawn_only_where_they_are_kept(unused_draws: str, count: int) -> None:
    drawn = []

    def draw() -> Tensor:
        drawn.append(1)
        return torch.zeros(1, 1, 4)

    euler(
        wiener,
        torch.zeros(1, 1, 4),
        draw,
        (1.0, 0.5, 0.0),
        s_churn=1.0,
        resamples=2,
        unused_draws=unused_draws,  # type: ignore[arg-type]  # one of the two
    )

    assert len(drawn) == count


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize("name", DIFFUSION)
def test_samples_are_those_of_the_released_code(name: str) -> None:
    golden = case("sampler_toy")
    run = golden.document["runs"][name]
    base = golden.tensors["in/xdet"]
    sigmas = karras(
        run["T"], sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
    )

    found = euler(
        denoiser(toy, partial(edm, sigma_data=0.2), clamp=1.0),
        base,
        draws(f"sampler_toy/{name}", tuple(base.shape)),
        to_zero(sigmas),
        s_churn=run["s_churn"],
        resamples=run["R"],
        unused_draws="keep",
    )

    assert found.nfe == run["T"] * run["R"]
    assert golden.deviation(found.x.clamp(-1.0, 1.0), name) < ATOL
