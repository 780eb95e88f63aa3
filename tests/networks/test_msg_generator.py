"""MSG's generator: the published shapes, its resampling, and what of its input it looks at."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from sepeval.networks.msg_generator import MsgConfig, MsgGenerator, config_of, resampled

PUBLISHED = MsgConfig(
    channels=(64, 128, 256, 512, 1024, 2048),
    kernel=8,
    stride=4,
    context=3,
    lstm_layers=0,
    skip=True,
    segment=16_000,
)
SMALL = MsgConfig(
    channels=(4, 4), kernel=8, stride=4, context=3, lstm_layers=0, skip=True, segment=100
)


def built(config: MsgConfig, *, seed: int = 0) -> MsgGenerator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return MsgGenerator(config).eval()


def noise(length: int, *, seed: int = 0) -> Tensor:
    samples = np.random.default_rng(seed).standard_normal((1, 1, length))
    return torch.from_numpy(samples).float()


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(one.shape) for name, one in network.state_dict().items()}


def test_the_published_generator_has_its_parameters() -> None:
    with torch.device("meta"):
        network = MsgGenerator(PUBLISHED)

    shapes = shapes_of(network)
    assert sum(one.numel() for one in network.parameters()) == 89_447_044
    assert config_of(shapes, stride=4, skip=True, segment=16_000) == PUBLISHED
    assert shapes["outconv.weight"] == (1, 2, 1)
    assert shapes["encoder.5.2.weight"] == (4096, 2048, 1)
    assert shapes["decoder.0.0.weight"] == (4096, 2048, 3)
    assert shapes["decoder.5.2.weight"] == (64, 1, 8)


def test_an_lstm_in_the_middle_is_known_by_its_shapes() -> None:
    config = MsgConfig(
        channels=(4, 4), kernel=8, stride=4, context=3, lstm_layers=2, skip=False, segment=100
    )

    found = config_of(shapes_of(MsgGenerator(config)), stride=4, skip=False, segment=100)

    assert found == config


def test_a_second_and_a_half_give_the_second_in_its_middle() -> None:
    narrow = MsgConfig(
        channels=(2,) * 6, kernel=8, stride=4, context=3, lstm_layers=0, skip=True, segment=16_000
    )

    with torch.inference_mode():
        assert built(narrow)(noise(24_000)).shape == (1, 1, 16_000)


def test_level_and_offset_of_the_input_come_back() -> None:
    network, audio = built(SMALL), noise(300)

    with torch.inference_mode():
        plain, moved = network(audio), network(4.0 * audio + 1.0)

    # the deviation is divided by after 1e-5 is added to it
    assert torch.allclose(moved, 4.0 * plain + 1.0, atol=1e-4)


def test_too_short_an_input_is_told() -> None:
    with pytest.raises(ValueError, match="where 100 are needed"):
        built(SMALL)(noise(90))


@given(st.integers(1, 400), st.sampled_from([(1, 2), (2, 1), (2, 3), (3, 2)]))
def test_a_constant_stays_that_constant_at_another_rate(
    length: int, ratio: tuple[int, int]
) -> None:
    old, new = ratio

    found = resampled(torch.full((1, 1, length), 0.7), old=old, new=new)

    assert found.shape == (1, 1, length * new // old)
    assert torch.allclose(found, torch.tensor(0.7), atol=1e-6)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 1)])
def test_a_low_tone_is_the_same_tone_at_another_rate(old: int, new: int) -> None:
    def tone(rate: int) -> Tensor:
        return torch.sin(2.0 * math.pi * 0.05 / rate * torch.arange(400 * rate))[None, None]

    found = resampled(tone(old), old=old, new=new)

    middle = slice(100 * new, 300 * new)
    assert torch.allclose(found[..., middle], tone(new)[..., middle], atol=2e-4)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 1), (3, 2)])
def test_resampling_equals_that_of_julius(old: int, new: int) -> None:
    julius = pytest.importorskip("julius", reason="the package julius is not installed")
    audio = noise(1001)

    expected = julius.resample_frac(audio, old, new)

    assert torch.allclose(resampled(audio, old=old, new=new), expected, atol=2e-6)
