"""MSDM and ISDM as separators."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from sepeval.checkpoints import Card, save
from sepeval.diffusion.posterior import dirac
from sepeval.diffusion.samplers import along
from sepeval.diffusion.schedules import karras, to_zero
from sepeval.errors import SeparatorError
from sepeval.inference import Noise, chunk_seed, numerics
from sepeval.separators.msdm import Isdm, Msdm
from sepeval.separators.msdm.posterior import denoiser_of
from sepeval.types import Array
from tests.golden_cases import case, draws, fill_by_name, needs_cases
from tests.separators import unet_weights
from tests.separators.unet_weights import ALONE, HYPER, JOINT, RATE, card, weights


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def mixture(length: int = 1024) -> Array:
    return 0.1 * np.random.default_rng(0).standard_normal((1, length))


def test_the_estimate_is_the_sample_of_the_joint_model(tmp_path: Path) -> None:
    separator = Msdm(checkpoint=unet_weights.msdm(tmp_path), steps=3)
    clean = denoiser_of([separator._model().parts["network"]], 0.2)  # type: ignore[list-item]
    draw = Noise([chunk_seed(5, 0)], (2, 1024), "cpu")
    sigmas = to_zero(karras(3, sigma_max=1.0, sigma_min=1e-4, rho=7.0))
    heard = Tensor(mixture()[None])

    found = separator.separate(mixture(), rate=RATE, seed=5)

    with numerics("cpu", "fp32"):
        expected = along(
            dirac(clean, heard, source=0),
            sigmas[0] * draw(),
            draw,
            sigmas,
            s_churn=20.0,
            resamples=2,
            unused_draws="skip",
        )
    assert found.audio[:, 0].tolist() == expected.x[0].double().tolist()
    assert found.nfe == 6


def test_one_network_per_stem_is_the_joint_model_of_networks_side_by_side(tmp_path: Path) -> None:
    separator = Isdm(checkpoint=unet_weights.isdm(tmp_path), steps=3)
    parts = separator._model().parts
    assert list(parts) == ["bass", "drums"]
    both = denoiser_of(list(parts.values()), 0.2)  # type: ignore[arg-type]  # both are U-Nets
    x = Noise([1], (2, 1024), "cpu")()

    with numerics("cpu", "fp32"):
        found = both(x, 0.5)
        for place, network in enumerate(parts.values()):
            alone = denoiser_of([network], 0.2)(x[:, place : place + 1], 0.5)  # type: ignore[list-item]
            assert found[:, place : place + 1].tolist() == alone.tolist()


def test_every_network_of_every_stem_is_counted(tmp_path: Path) -> None:
    found = Isdm(checkpoint=unet_weights.isdm(tmp_path), steps=3, resamples=2)

    assert found.separate(mixture(2000), rate=RATE, seed=0).nfe == 2 * 2 * 3 * 2


def test_under_dirac_the_stems_nearly_sum_to_the_mixture(tmp_path: Path) -> None:
    separator = Msdm(checkpoint=unet_weights.msdm(tmp_path), steps=10)

    found = separator.separate(mixture(), rate=RATE, seed=0)

    # the dependent stem is set before the last step, which moves the others by the smallest level
    assert np.abs(found.audio.sum(axis=0) - mixture()).max() < 0.05


@pytest.mark.parametrize(("kind", "s_churn"), [("msdm", 20.0), ("isdm", 40.0)])
def test_defaults_are_those_of_the_published_evaluation(
    tmp_path: Path, kind: str, s_churn: float
) -> None:
    separators: dict[str, Any] = {"msdm": Msdm, "isdm": Isdm}
    found = separators[kind](checkpoint=getattr(unet_weights, kind)(tmp_path)).describe()

    expected = {
        "likelihood": "dirac",
        "source": 0,
        "steps": 150,
        "resamples": 2,
        "s_churn": s_churn,
        "sigma_max": 1.0,
        "sigma_min": 1e-4,
        "rho": 7.0,
        "sigma_data": 0.2,
    }
    assert {name: found[name] for name in expected} == expected
    assert len(found["networks_sha256"]) == (1 if kind == "msdm" else 2)


def test_the_weights_of_a_stem_are_part_of_the_description(tmp_path: Path) -> None:
    path = unet_weights.isdm(tmp_path)
    before = Isdm(checkpoint=path).describe()["networks_sha256"]
    drums = tmp_path / "drums.safetensors"
    for old in (drums, drums.with_name("drums.safetensors.yaml")):
        old.unlink()
    told = card("isdm", "diffusion", ("network",), stems=["drums"])
    save(drums, {"network": weights(ALONE, seed=99)}, told)

    after = Isdm(checkpoint=path).describe()["networks_sha256"]

    assert isinstance(before, list)
    assert isinstance(after, list)
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stems: {}\n", "a file for each stem"),
        ("other: 1\n", "a file for each stem"),
        ("stems: [bass]\n", "a file for each stem"),
        ("stems: {bass: gone.safetensors}\n", "gone.safetensors"),
    ],
)
def test_a_document_that_names_no_weights_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "isdm.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SeparatorError, match=message):
        Isdm(checkpoint=str(path)).describe()


def test_networks_that_differ_are_refused(tmp_path: Path) -> None:
    path = unet_weights.isdm(tmp_path)
    other = tmp_path / "other.safetensors"
    told = card("isdm", "diffusion", ("network",), stems=["drums"], segment=2048)
    save(other, {"network": weights(ALONE, seed=9)}, told)
    Path(path).write_text("stems: {bass: bass.safetensors, drums: other.safetensors}\n", "utf-8")

    with pytest.raises(SeparatorError, match="the same architecture, rate, segment"):
        Isdm(checkpoint=path).describe()


def test_a_joint_model_of_other_stems_than_its_card_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "msdm.safetensors"
    told: Card = card("msdm", "diffusion", ("network",), stems=["bass"])
    save(path, {"network": weights(JOINT, seed=3)}, told)

    with pytest.raises(SeparatorError, match="models 2 stems; bass are named"):
        Msdm(checkpoint=str(path)).describe()


def test_weights_of_another_separator_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match="do not serve msdm"):
        Msdm(checkpoint=unet_weights.deterministic(tmp_path)).describe()


def test_settings_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match="msdm: sigma_max must be above"):
        Msdm(checkpoint="nowhere", sigma_max=1e-5)
    separator = Msdm(checkpoint=unet_weights.msdm(tmp_path), source=2)
    with pytest.raises(SeparatorError, match="one of 2 stems, from 0; found 2"):
        separator.separate(mixture(), rate=RATE, seed=0)


@pytest.mark.data
@needs_cases
def test_the_separator_gives_the_reference_outputs(tmp_path: Path) -> None:
    from sepeval.networks.unet1d.network import UNet1d
    from tests.networks.test_unet1d_reference import SMALL_MSDM

    golden, run = case("msdm_small"), "dirac0_T3_R1_churn20"
    network = UNet1d(SMALL_MSDM)
    fill_by_name(network, "msdm")
    path = tmp_path / "msdm.safetensors"
    told = card("msdm", "diffusion", ("network",), stems=["bass", "drums", "guitar", "piano"])
    architecture = {"network": {**HYPER, "resnet_groups": 8}}
    told = told.model_copy(update={"architecture": architecture})
    save(path, {"network": dict(network.state_dict())}, told)
    separator = Msdm(checkpoint=str(path), steps=3, resamples=1)
    clean = denoiser_of([separator._model().parts["network"]], 0.2)  # type: ignore[list-item]

    with numerics("cpu", "fp32"):
        draw = draws(f"msdm_small/{run}", (1, 4, 8192))
        found = separator._sampled(clean, golden.tensors["in/mixture"], draw)

    # samples reach 68, where float32 resolves 8e-6: float64 itself is 2e-5 from the reference
    assert golden.deviation(found, run) < 1e-6 * found.abs().max()
