"""Diff-VS: spectra and back, what attention may see, and the size that the paper states."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from sepeval.networks.diff_vs import (
    STANDARD,
    DiffVs,
    DiffVsConfig,
    analysed,
    config_of,
    synthesised,
)
from sepeval.networks.diff_vs.blocks import DualPath, rotated

SMALL = DiffVsConfig(
    channels=2,
    transform=64,
    hop=16,
    bands=(8, 8, 16),
    subbands=2,
    width=8,
    multipliers=(1, 2),
    blocks=1,
    attention=(False, True),
    heads=2,
    head_width=4,
    groups=4,
)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape)).float()


def built(config: DiffVsConfig) -> DiffVs:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return DiffVs(config).eval()


def test_the_network_has_the_size_of_the_paper() -> None:
    with torch.device("meta"):
        network = DiffVs(STANDARD)

    count = sum(one.numel() for one in network.parameters())
    assert count == 56_890_016
    assert count == pytest.approx(57e6, rel=0.02)


def test_a_chunk_of_six_seconds_has_a_spectrum_that_the_network_takes() -> None:
    with torch.device("meta"):
        network, audio = DiffVs(STANDARD), torch.empty(1, 2, 6 * 44_100)
        spectrum = analysed(audio, STANDARD)

        assert spectrum.shape == (1, 4, 1024, 517)
        assert network(spectrum, spectrum, torch.empty(1)).shape == spectrum.shape


@given(st.integers(1, 300), st.integers(0, 9))
def test_audio_without_its_highest_bin_comes_back(length: int, seed: int) -> None:
    time = torch.arange(length) + 1.0
    audio = torch.stack([torch.cos(0.1 * time + seed), torch.cos(0.3 * time)])[None]

    spectrum = analysed(audio, SMALL)
    found = synthesised(spectrum, SMALL, length=length)

    assert spectrum.shape == (1, 4, 32, 1 + length // 16)
    # all that is lost is half the rate, of which a tone has a little where it begins and ends
    whole = torch.stft(
        audio[0], 64, 16, window=torch.hann_window(64), center=True, pad_mode="constant",
        normalized=True, return_complex=True,
    )  # fmt: skip
    assert (found - audio).abs().max() <= 1e-5 + 2.0 * whole[:, -1].abs().max()


def test_real_parts_come_before_imaginary_ones() -> None:
    audio = torch.zeros(1, 2, 160)
    audio[0, 0, 64] = 1.0  # in the middle of frame 4

    spectrum = analysed(audio, SMALL)

    # relative to the middle of its frame the transform of an impulse is ±1, and real
    assert torch.count_nonzero(spectrum[0, 1]) == torch.count_nonzero(spectrum[0, 3]) == 0
    assert (spectrum[0, 0, :, 4].abs() - 1.0 / 8.0).abs().max() < 1e-6
    assert spectrum[0, 2, :, 4].abs().max() < 1e-6


@pytest.mark.parametrize("frames", [1, 2, 5, 8])
def test_any_number_of_frames_will_do(frames: int) -> None:
    spectrum = noise(2, 4, 32, frames)

    with torch.inference_mode():
        assert built(SMALL)(spectrum, spectrum, torch.zeros(2)).shape == spectrum.shape


def test_mixture_target_and_noise_level_are_all_heard() -> None:
    network, one, other = built(SMALL), noise(1, 4, 32, 8), noise(1, 4, 32, 8, seed=1)
    level = torch.zeros(1)

    with torch.inference_mode():
        found = network(one, one, level)
        others = (
            network(other, one, level),
            network(one, other, level),
            network(one, one, level + 1),
        )

    assert all(not torch.allclose(found, another, atol=1e-4) for another in others)


def test_items_do_not_know_each_other() -> None:
    network, target, mixture = built(SMALL), noise(3, 4, 32, 8), noise(3, 4, 32, 8, seed=1)
    level = torch.tensor([0.1, 0.2, 0.3])

    with torch.inference_mode():
        together = network(target, mixture, level)
        alone = network(target[1:2], mixture[1:2], level[1:2])

    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_one_layer_of_paths_joins_rows_and_columns() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        paths = DualPath(6, heads=2, head_width=4)
    x = noise(1, 6, 5, 7)
    moved = x.clone()
    moved[0, :, 2, 3] += 1.0

    with torch.inference_mode():
        change = (paths(moved) - paths(x)).abs().amax(dim=1)[0] > 1e-6

    assert change.all()  # a pixel reaches its row in time, and from there every column


@given(st.integers(1, 40), st.integers(0, 20))
def test_rotation_tells_differences_of_place_alone(place: int, shift: int) -> None:
    query, key = noise(1, 8), noise(1, 8, seed=1)
    tokens = place + shift + 1

    def product(first: int, second: int) -> float:
        turned = [rotated(one.expand(tokens, 8)) for one in (query, key)]
        return float(turned[0][first] @ turned[1][second])

    assert product(0, place) == pytest.approx(product(shift, place + shift), abs=1e-4)


def test_scales_of_bands_are_spread_over_their_bins() -> None:
    network = built(SMALL)
    network.target_scale.copy_(torch.tensor([1.0, 2.0, 3.0]))

    assert network.target_scales()[:, 0].tolist() == [1.0] * 8 + [2.0] * 8 + [3.0] * 16
    assert network.mixture_scales()[:, 0].tolist() == [1.0] * 32


def test_a_configuration_comes_back_from_a_document() -> None:
    document = {**asdict(STANDARD), "bands": list(STANDARD.bands)}

    assert config_of(document) == STANDARD


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"bands": (8, 8)}, "bands sum to 16, not to 32"),
        ({"subbands": 5}, "32 bins are no multiple of 10"),
        ({"width": 10}, "width 10 is no multiple of 4"),
        ({"attention": (True,)}, "attention is said for 1 of 2 levels"),
    ],
)
def test_numbers_that_do_not_fit_are_told(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(SMALL, **change)  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize("change", [{"depth": 3}, {"width": "wide"}])
def test_a_document_of_something_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"depth|width"):
        config_of({**asdict(SMALL), **change})
