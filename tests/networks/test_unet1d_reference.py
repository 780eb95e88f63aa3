"""The 1-D U-Net and the samplers against the outputs of the released code."""

import dataclasses
from functools import partial

import pytest
import torch
from torch import Tensor

from sepeval.diffusion import consistency
from sepeval.diffusion.losses import consistency as consistency_loss
from sepeval.diffusion.losses import denoising, heun_path
from sepeval.diffusion.posterior import dirac
from sepeval.diffusion.preconditioning import consistency as consistency_scaling
from sepeval.diffusion.preconditioning import denoiser, edm
from sepeval.diffusion.samplers import along, euler
from sepeval.diffusion.schedules import karras, to_zero
from sepeval.networks.unet1d.config import config_of
from sepeval.networks.unet1d.network import UNet1d
from tests.golden_cases import ATOL, case, draws, fill_by_name, needs_cases, noise
from tests.networks.test_unet1d import MSDM

STEMS = ("bass", "drums", "guitar", "piano")
SMALL_MSDM = dataclasses.replace(
    MSDM,
    channels=64,
    multipliers=(1, 1, 1, 1),
    factors=(4, 4, 2),
    num_blocks=(2, 2, 2),
    attentions=(False, True, True),
    heads=2,
    head_features=16,
)
HYPER_SMALL = {"attention_heads": 2, "resnet_groups": 8}


def small(label: str) -> UNet1d:
    """A network of the reference outputs, with its weights."""
    weights = case("unet_small").weights(label)
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    network = UNet1d(config_of(found, HYPER_SMALL)).eval()
    network.load_state_dict(weights)
    return network.requires_grad_(requires_grad=False)


def label(stem: str, items: int) -> Tensor:
    return torch.eye(4)[STEMS.index(stem)].expand(items, 4)


class Refiner:
    """Denoisers of one stem of the reference mixture."""

    def __init__(self, weights: str, stem: str) -> None:
        mixture = case("unet_small").tensors["in/mixture"]
        told = label(stem, len(mixture))
        maps = small("det").maps(mixture, label=told)
        network = small(weights)
        self.base = maps[-1]

        def inner(x: Tensor, time: Tensor) -> Tensor:
            out: Tensor = network(x, time=time, label=told, injected=(mixture, *maps[:-1]))
            return out

        self.network = inner
        self.clamped = denoiser(inner, partial(edm, sigma_data=0.2), clamp=1.0)
        self.plain = denoiser(inner, partial(edm, sigma_data=0.2), clamp=None)
        scaling = partial(consistency_scaling, sigma_data=0.2, sigma_min=1e-4)
        self.student = denoiser(inner, scaling, clamp=None)


@pytest.mark.data
@needs_cases
def test_the_deterministic_network_gives_the_reference_outputs() -> None:
    golden = case("unet_small")
    mixture = golden.tensors["in/mixture"]
    network = small("det")

    found = torch.stack([network(mixture, label=label(stem, 2)) for stem in STEMS], dim=1)

    assert golden.deviation(found, "det") < ATOL


@pytest.mark.data
@needs_cases
def test_maps_are_the_reference_features() -> None:
    golden = case("unet_small")
    mixture = golden.tensors["in/mixture"]

    found = (mixture, *small("det").maps(mixture, label=label("drums", 2)))

    for number, one in enumerate(found):
        assert golden.deviation(one, f"features_drums/{number:02}") < ATOL


@pytest.mark.data
@needs_cases
def test_denoisers_give_the_reference_outputs() -> None:
    golden = case("unet_small")
    x, sigma = golden.tensors["in/denoise_x"], golden.tensors["in/denoise_sigma"]
    diffusion, student = Refiner("diff", "drums"), Refiner("cd", "drums")
    scale = edm(sigma.reshape(-1, 1, 1), sigma_data=0.2)

    assert (
        golden.deviation(diffusion.network(scale.in_ * x, scale.noise.reshape(-1)), "denoise_F")
        < ATOL
    )
    assert golden.deviation(diffusion.clamped(x, sigma), "denoise_D_clamped") < ATOL
    assert golden.deviation(student.student(x, sigma), "denoise_cd_student_G") < ATOL
    assert golden.deviation(diffusion.plain(x, sigma), "denoise_cd_teacher_D") < ATOL


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize(
    "name",
    [
        "diff_T2_R2_churn20_s0.01",
        "diff_T5_R2_churn20_s0.01",
        "diff_T1_R1_churn0_s0.01",
        "diff_T3_R1_churn1_s0.002",
        "diff_T4_R3_churn2_s0.5",
    ],
)
def test_diffusion_gives_the_reference_outputs(name: str) -> None:
    golden = case("unet_small")
    run = golden.document["runs"][name]
    draw = draws(f"unet_small/{name}", (2, 1, 8192))
    sigmas = karras(
        run["T"], sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
    )

    found = []
    for stem in run["stems"]:
        refiner = Refiner("diff", stem)
        sampled = euler(
            refiner.clamped,
            refiner.base,
            draw,
            to_zero(sigmas),
            s_churn=run["s_churn"],
            resamples=run["R"],
            unused_draws="keep",
        )
        found.append(sampled.x.clamp(-1.0, 1.0))

    assert golden.deviation(torch.stack(found, dim=1), name) < ATOL


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize(
    "name",
    [
        "cd_onestep_s0.01244",
        "cd_multi_T1_s0.01244",
        "cd_multi_T2_s0.2497",
        "cd_multi_T4_s0.2495",
        "cd_multi_T3_s0.5",
    ],
)
def test_consistency_gives_the_reference_outputs(name: str) -> None:
    golden = case("unet_small")
    run = golden.document["runs"][name]
    draw = draws(f"unet_small/{name}", (2, 1, 8192))
    sigmas = karras(
        run["T"] + 1, sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
    )

    found = []
    for stem in STEMS:
        refiner = Refiner("cd", stem)
        if run["sampler"] == "onestep":
            sampled = consistency.onestep(refiner.student, refiner.base, draw, sigmas[0])
        else:
            sampled = consistency.multistep_released(refiner.student, refiner.base, draw, sigmas)
        found.append(sampled.x.clamp(-1.0, 1.0))

    assert golden.deviation(torch.stack(found, dim=1), name) < ATOL


@pytest.mark.data
@needs_cases
def test_losses_are_the_reference_losses() -> None:
    golden = case("unet_small")
    clean = golden.tensors["in/stems"][:, 0]
    diffusion, student = Refiner("diff", "bass"), Refiner("cd", "bass")
    level = torch.exp(noise("unet_small/loss_dsm:0", (2,)) - 3.0)

    found = denoising(
        diffusion.clamped,
        clean,
        noise("unet_small/loss_dsm:1", (2, 1, 8192)),
        level,
        sigma_data=0.2,
    )

    torch.testing.assert_close(
        found.mean().reshape(1), golden.tensors["out/loss_dsm"], rtol=1e-5, atol=0
    )

    grid = torch.tensor(karras(18, sigma_max=10.0, sigma_min=1e-4, rho=9.0))
    path = torch.stack([grid[[3 + step, 11 + step]] for step in range(4)])
    consistent = consistency_loss(
        student.student,
        diffusion.student,
        diffusion.plain,
        clean,
        noise("unet_small/loss_cd:0", (2, 1, 8192)),
        path,
    )
    torch.testing.assert_close(
        consistent, golden.tensors["out/loss_cd_consistency"], rtol=1e-5, atol=0
    )

    drawn = torch.exp(noise("unet_small/loss_cd:1", (1,)) - 3.0)
    on_grid = karras_at(0.7 * 0.37)  # the draw is uniform on the first 70 % of the grid
    denoised = denoising(
        student.plain,
        clean,
        noise("unet_small/loss_cd:2", (2, 1, 8192)),
        torch.cat([drawn, torch.tensor([on_grid])]),
        sigma_data=0.2,
    )
    torch.testing.assert_close(denoised, golden.tensors["out/loss_cd_denoising"], rtol=1e-5, atol=0)


def karras_at(place: float) -> float:
    """The level at a place from 0 to 1 of the training's grid."""
    first, last = 10.0 ** (1.0 / 9.0), 1e-4 ** (1.0 / 9.0)
    return float((first + place * (last - first)) ** 9.0)


@pytest.mark.data
@needs_cases
def test_the_path_of_the_teacher_is_the_reference_path() -> None:
    golden = case("unet_small")
    grid = golden.tensors["out/sigma_grid_18"]
    path = torch.stack([grid[[3 + step, 11 + step]] for step in range(4)])

    found = heun_path(Refiner("diff", "bass").plain, golden.tensors["in/heun_x"], path)

    assert golden.deviation(found, "heun_h3") < ATOL


@pytest.mark.data
@needs_cases
def test_msdm_gives_the_reference_outputs() -> None:
    golden = case("msdm_small")
    run = golden.document["runs"]["dirac0_T3_R1_churn20"]
    network = UNet1d(SMALL_MSDM).eval().requires_grad_(requires_grad=False)
    fill_by_name(network, "msdm")
    clean = denoiser(lambda x, time: network(x, time=time), partial(edm, sigma_data=0.2), clamp=1.0)

    for sigma in ("1", "0.05", "0.0001"):
        found = clean(golden.tensors["in/denoise_x"], float(sigma))
        assert golden.deviation(found, f"denoise_s{sigma}") < ATOL

    draw = draws("msdm_small/dirac0_T3_R1_churn20", (1, 4, 8192))
    sigmas = karras(
        run["T"], sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
    )
    sampled = along(
        dirac(clean, golden.tensors["in/mixture"], source=run["parameter"]),
        sigmas[0] * draw(),
        draw,
        to_zero(sigmas),
        s_churn=run["s_churn"],
        resamples=run["R"],
        unused_draws="skip",
    )
    # samples reach 68, where float32 resolves 8e-6: float64 itself is 2e-5 from the reference
    assert golden.deviation(sampled.x, "dirac0_T3_R1_churn20") < 1e-6 * sampled.x.abs().max()
