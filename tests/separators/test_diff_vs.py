"""Diff-VS as a separator: its own checkpoints, and a sampler with a known answer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from sepeval.errors import SeparatorError
from sepeval.inference import numerics
from sepeval.networks.diff_vs import STANDARD, DiffVs, synthesised
from sepeval.separators.diff_vs import DiffVsSeparator, save
from sepeval.types import Array
from tests.separators import small_weights
from tests.separators.small_weights import RATE, SMALL_DIFF_VS, drawn


def mixture(length: int = 1000) -> Array:
    return 0.1 * np.random.default_rng(0).standard_normal((1, length))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return small_weights.diff_vs(tmp_path / "vs.safetensors")


def built(weights: Path, **settings: Any) -> DiffVsSeparator:  # noqa: ANN401 - settings
    return DiffVsSeparator(checkpoint=str(weights), **{"overlap": 500, "steps": 2, **settings})


def test_what_is_saved_is_what_is_loaded(weights: Path) -> None:
    with drawn(0):
        fresh = DiffVs(SMALL_DIFF_VS)

    loaded = built(weights)._model().parts["network"]

    assert isinstance(loaded, DiffVs)
    assert loaded.config == SMALL_DIFF_VS
    assert loaded.state_dict().keys() == fresh.state_dict().keys()


def test_nothing_is_overwritten(weights: Path) -> None:
    with pytest.raises(SeparatorError, match="never overwritten"):
        save(DiffVs(SMALL_DIFF_VS), weights, rate=RATE, segment=None, sigma_data=0.5)


@pytest.mark.parametrize(
    ("settings", "nfe"),
    [
        ({"steps": 7}, 13),
        ({"steps": 7, "sampler": "euler"}, 7),
        ({"steps": 1}, 1),
        ({"steps": 1, "sampler": "euler"}, 1),
    ],
)
def test_the_network_is_called_as_often_as_is_told(
    weights: Path, settings: dict[str, Any], nfe: int
) -> None:
    separator = built(weights, **settings)
    model, calls = separator._model(), []
    handle = model.parts["network"].register_forward_hook(lambda *_: calls.append(1))

    found = separator.separate(mixture(), rate=RATE, seed=0)
    handle.remove()

    assert len(calls) == found.nfe == nfe
    assert found.stems == ("vocals",)


def test_a_network_that_says_nothing_leaves_the_mean_of_its_posterior(tmp_path: Path) -> None:
    network = DiffVs(SMALL_DIFF_VS)
    for parameter in network.parameters():
        parameter.data.zero_()
    save(network, tmp_path / "zero.safetensors", rate=RATE, segment=1000, sigma_data=0.5)
    separator = built(tmp_path / "zero.safetensors", steps=1, sigma_max=2.0, overlap=0)

    model = separator._model()
    with numerics("cpu", "fp32"):
        found = model.function(torch.zeros(1, 1, 1000), [3])

    # with F = 0, D(x, σ) = σ_data² / (σ² + σ_data²) x, and one step to 0 ends at D(σ ε, σ)
    noise = torch.randn((2, 32, 63), generator=torch.Generator().manual_seed(3))
    expected = 0.25 / 4.25 * 2.0 * noise[None]
    assert torch.allclose(found[:, 0], synthesised(expected, SMALL_DIFF_VS, length=1000), atol=1e-6)


def test_scales_of_bands_go_in_and_out(weights: Path, tmp_path: Path) -> None:
    small = built(weights)._model().parts["network"]
    assert isinstance(small, DiffVs)
    with drawn(0):
        louder = DiffVs(SMALL_DIFF_VS)
    louder.load_state_dict(small.state_dict())
    louder.mixture_scale.mul_(2.0)
    louder.target_scale.mul_(2.0)
    save(louder, tmp_path / "louder.safetensors", rate=RATE, segment=1000, sigma_data=0.5)

    plain = built(weights).separate(mixture(), rate=RATE, seed=0).audio
    scaled = built(tmp_path / "louder.safetensors").separate(2.0 * mixture(), rate=RATE, seed=0)

    assert scaled.audio == pytest.approx(2.0 * plain, rel=1e-4, abs=1e-4 * np.abs(plain).max())


def test_chunks_of_the_cards_length_overlap(weights: Path) -> None:
    found = built(weights).separate(mixture(2000), rate=RATE, seed=0)

    assert found.nfe == 3 * 3
    assert found.audio.shape == (1, 1, 2000)


def test_every_number_of_the_sampler_is_described(weights: Path) -> None:
    description = DiffVsSeparator(checkpoint=str(weights)).describe()

    expected = {
        "sampler": "heun",
        "steps": 7,
        "sigma_max": 80.0,
        "sigma_min": 0.002,
        "rho": 7.0,
        "s_churn": 0.0,
        "sigma_data": 0.5,
    }
    assert expected.items() <= description.items()
    assert description["stems"] == ["vocals"]


def test_levels_that_do_not_fall_are_refused(weights: Path) -> None:
    with pytest.raises(SeparatorError, match=r"above sigma_min 0\.002; found 0\.001"):
        built(weights, sigma_max=0.001)


def test_weights_without_a_card_are_refused(weights: Path) -> None:
    weights.with_name("vs.safetensors.yaml").unlink()

    with pytest.raises(SeparatorError, match="a card beside the file"):
        built(weights).describe()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"separator": "msdm"}, "for msdm"),
        ({"stems": ["vocals", "other"]}, "one stem"),
        ({"channels": 2}, "1 channels, as the network"),
        ({"architecture": {"network": {"width": 8}}}, "no such network"),
        ({"sha256": "0" * 64}, "sha256"),
    ],
)
def test_a_card_of_something_else_is_refused(
    weights: Path, change: dict[str, Any], told: str
) -> None:
    place = weights.with_name("vs.safetensors.yaml")
    card = yaml.safe_load(place.read_text(encoding="utf-8"))
    place.write_text(yaml.safe_dump({**card, **change}), encoding="utf-8")

    with pytest.raises(SeparatorError, match=told):
        built(weights).describe()


@pytest.mark.parametrize(("precision", "loss_db"), [("bf16", 30.0), ("fp16", 45.0)])
def test_half_precision_costs_little(weights: Path, precision: str, loss_db: float) -> None:
    exact, rounded = (
        built(weights, sigma_max=1.0, precision=one).separate(mixture(), rate=RATE, seed=0).audio
        for one in ("fp32", precision)
    )

    error = 10.0 * np.log10(((rounded - exact) ** 2).sum() / (exact**2).sum())
    assert -np.inf < error < -loss_db


@pytest.mark.slow
def test_the_full_network_separates_six_seconds(tmp_path: Path) -> None:
    with drawn(0):
        network = DiffVs(STANDARD)
    path = tmp_path / "full.safetensors"
    save(network, path, rate=44_100, segment=264_600, sigma_data=0.5)
    heard = 0.1 * np.random.default_rng(0).standard_normal((2, 264_600))

    found = DiffVsSeparator(checkpoint=str(path), steps=1).separate(heard, rate=44_100, seed=0)

    assert found.audio.shape == (1, 2, 264_600)
