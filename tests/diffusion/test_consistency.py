"""Samplers of consistency models."""

from functools import partial

import pytest
import torch
from torch import Tensor

from sepeval.diffusion.consistency import multistep, multistep_released, onestep
from sepeval.diffusion.preconditioning import consistency, denoiser
from sepeval.diffusion.schedules import karras
from tests.diffusion.test_samplers import seeded, toy
from tests.golden_cases import ATOL, case, draws, needs_cases

RELEASED = [
    "cm_multistep_cd_T1_s0.01244",
    "cm_multistep_cd_T2_s0.2497",
    "cm_multistep_cd_T3_s0.25",
    "cm_multistep_cd_T4_s0.2495",
    "cm_multistep_cd_T6_s0.5",
]
SHAPE = (2, 1, 50)


def half(x: Tensor, sigma: float) -> Tensor:
    return x * (0.5 + 0.1 * sigma)


def grid(steps: int) -> tuple[float, ...]:
    return karras(steps + 1, sigma_max=0.5, sigma_min=1e-4, rho=9.0)


@pytest.mark.parametrize("sampler", [multistep, multistep_released])
def test_one_of_several_steps_is_onestep(sampler: object) -> None:
    base = torch.ones(SHAPE)
    assert callable(sampler)

    many = sampler(half, base, seeded(1, SHAPE), grid(1))
    one = onestep(half, base, seeded(1, SHAPE), 0.5)

    assert many.x.tolist() == one.x.tolist()
    assert (many.nfe, one.nfe) == (1, 1)


@pytest.mark.parametrize(("steps", "published", "released"), [(1, 1, 1), (2, 2, 1), (4, 4, 3)])
def test_the_papers_draw_noise_before_each_step_and_the_code_leaves_out_the_last(
    steps: int, published: int, released: int
) -> None:
    for sampler, expected in ((multistep, published), (multistep_released, released)):
        drawn: list[int] = []

        def draw(drawn: list[int] = drawn) -> Tensor:
            drawn.append(1)
            return torch.zeros(SHAPE)

        found = sampler(half, torch.zeros(SHAPE), draw, grid(steps))

        assert (len(drawn), found.nfe) == (expected, steps)


def test_the_two_multistep_samplers_differ() -> None:
    found = multistep(half, torch.ones(SHAPE), seeded(1, SHAPE), grid(2)).x
    released = multistep_released(half, torch.ones(SHAPE), seeded(1, SHAPE), grid(2)).x

    assert (found - released).abs().max() > 1e-3


def test_noise_between_steps_reaches_the_next_level() -> None:
    shape = (1, 1, 100_000)
    seen: list[float] = []

    def clean(x: Tensor, sigma: float) -> Tensor:
        seen.append(x.std().item() / sigma)
        return torch.zeros_like(x)

    multistep(clean, torch.zeros(shape), seeded(0, shape), grid(3))

    assert seen == pytest.approx([1.0, 1.0, 1.0], abs=0.02)


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize("name", RELEASED)
def test_samples_are_those_of_the_released_code(name: str) -> None:
    golden = case("sampler_toy")
    run = golden.document["runs"][name]
    base = golden.tensors["in/xdet"]
    sigmas = karras(
        run["T"] + 1, sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
    )
    scaling = partial(consistency, sigma_data=0.2, sigma_min=run["sigma_min"])

    found = multistep_released(
        denoiser(toy, scaling, clamp=None),
        base,
        draws(f"sampler_toy/{name}", tuple(base.shape)),
        sigmas,
    )

    assert golden.deviation(found.x.clamp(-1.0, 1.0), name) < ATOL


@pytest.mark.data
@needs_cases
def test_onestep_is_that_of_the_released_code() -> None:
    golden = case("sampler_toy")
    base = golden.tensors["in/xdet"]
    scaling = partial(consistency, sigma_data=0.2, sigma_min=1e-4)
    noise = draws("sampler_toy/onestep_T1_s0.01244", tuple(base.shape))

    found = onestep(denoiser(toy, scaling, clamp=None), base, noise, 0.01244)

    assert golden.deviation(found.x.clamp(-1.0, 1.0), "onestep_T1_s0.01244") < ATOL
