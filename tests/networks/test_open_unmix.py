"""Open-Unmix: shapes of the published weights, and the Wiener filter against a plain one."""

import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from sepeval.networks.open_unmix import (
    EPS,
    OpenUnmix,
    OpenUnmixConfig,
    config_of,
    refined,
    targets,
)

UMXHQ = OpenUnmixConfig(
    bins=2049, max_bin=1487, channels=2, hidden=512, layers=3, bidirectional=True
)
UMXL = OpenUnmixConfig(
    bins=2049, max_bin=1487, channels=2, hidden=1024, layers=3, bidirectional=True
)
SMALL = OpenUnmixConfig(bins=9, max_bin=6, channels=2, hidden=4, layers=3, bidirectional=True)


def complex_normal(*shape: int, seed: int = 0) -> Tensor:
    draw = np.random.default_rng(seed)
    return torch.from_numpy(draw.standard_normal(shape) + 1j * draw.standard_normal(shape))


def plain_filter(estimates: np.ndarray, mixture: np.ndarray, iterations: int) -> np.ndarray:
    """The filter of `refined`, one bin and frame at a time."""
    sources, channels, bins, frames = estimates.shape
    scale = max(1.0, np.abs(mixture).max() / 10.0)
    x, y = mixture / scale, estimates / scale
    for _ in range(iterations):
        after = np.empty_like(y)
        for b in range(bins):
            power = (np.abs(y[:, :, b]) ** 2).mean(axis=1)
            spatial = [
                sum(np.outer(y[j, :, b, t], y[j, :, b, t].conj()) for t in range(frames))
                / (EPS + power[j].sum())
                for j in range(sources)
            ]
            for t in range(frames):
                models = [power[j, t] * spatial[j] for j in range(sources)]
                total = np.sqrt(EPS) * np.eye(channels) + sum(models)
                for j in range(sources):
                    after[j, :, b, t] = models[j] @ np.linalg.solve(total, x[:, b, t])
        y = after
    found: np.ndarray = y * scale
    return found


@pytest.mark.parametrize(("config", "count"), [(UMXHQ, 8_893_348), (UMXL, 28_257_188)])
def test_the_published_networks_have_their_parameters(config: OpenUnmixConfig, count: int) -> None:
    with torch.device("meta"):
        network = OpenUnmix(config)

    shapes = {name: tuple(one.shape) for name, one in network.state_dict().items()}
    assert sum(one.numel() for one in network.parameters()) == count
    assert config_of(shapes) == config


def test_a_network_in_one_direction_is_known_by_its_shapes() -> None:
    config = OpenUnmixConfig(bins=9, max_bin=6, channels=1, hidden=4, layers=1, bidirectional=False)
    shapes = {name: tuple(one.shape) for name, one in OpenUnmix(config).state_dict().items()}

    assert config_of(shapes) == config


def test_the_first_hidden_layer_sees_the_low_bins_alone() -> None:
    network = OpenUnmix(SMALL).eval()
    one, other = torch.rand(2, 1, 2, 9, 5)
    other[:, :, :6] = one[:, :, :6]

    with torch.inference_mode():
        gains = [network(mixture) / mixture for mixture in (one, other)]

    assert torch.allclose(*gains)


@pytest.mark.parametrize("residual", [False, True])
def test_without_the_filter_the_phase_is_the_mixtures(residual: bool) -> None:
    mixture = complex_normal(2, 5, 7)
    magnitudes = mixture.abs() * torch.tensor([0.25, 0.5])[:, None, None, None]

    found = targets(mixture, magnitudes, iterations=0, residual=residual, frames=None)

    parts = [0.25, 0.5, 0.25] if residual else [0.25, 0.5]
    for part, estimate in zip(parts, found, strict=True):
        assert torch.allclose(estimate, part * mixture)


def test_silence_stays_silence() -> None:
    silence = torch.zeros(2, 5, 7, dtype=torch.complex64)

    found = targets(silence, torch.zeros(3, 2, 5, 7), iterations=2, residual=True, frames=3)

    assert torch.count_nonzero(found) == 0
    assert found.shape == (4, 2, 5, 7)


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.floats(0.1, 100.0), st.integers(0)
)
def test_refined_targets_sum_to_the_mixture(
    sources: int, channels: int, iterations: int, level: float, seed: int
) -> None:
    estimates = level * complex_normal(sources, channels, 4, 12, seed=seed % 2**32)
    mixture = estimates.sum(dim=0)

    found = refined(estimates, mixture, iterations)

    # the regularisation holds back a little: its share is √ε over the smallest power of the model
    share = (found.sum(dim=0) - mixture).abs().max() / mixture.abs().max()
    assert share < (1e-2 if sources * 12 > channels else 1.0)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("level", [1.0, 300.0])
def test_the_filter_is_the_one_of_one_bin_at_a_time(channels: int, level: float) -> None:
    estimates = level * complex_normal(3, channels, 4, 6)
    mixture = level * complex_normal(channels, 4, 6, seed=1)

    found = refined(estimates, mixture, 3)

    expected = plain_filter(estimates.numpy(), mixture.numpy(), 3)
    assert np.abs(found.numpy() - expected).max() < 1e-9 * level


def test_windows_of_frames_are_filtered_by_themselves() -> None:
    mixture, magnitudes = complex_normal(2, 4, 10), torch.rand(2, 2, 4, 10).double()

    found = targets(mixture, magnitudes, iterations=1, residual=False, frames=6)

    for part in (slice(0, 6), slice(6, 10)):
        alone = targets(
            mixture[..., part], magnitudes[..., part], iterations=1, residual=False, frames=None
        )
        assert torch.equal(found[..., part], alone)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """Modules `model` and `filtering` of the package openunmix, without torchaudio."""
    if importlib.util.find_spec("openunmix") is None:
        pytest.skip("the package openunmix is not installed")
    monkeypatch.setitem(sys.modules, "torchaudio", ModuleType("torchaudio"))
    model = importlib.import_module("openunmix.model")
    return model, importlib.import_module("openunmix.filtering")


@pytest.mark.parametrize("one_way", [False, True])
def test_the_network_equals_the_published_one(
    one_way: bool, published: tuple[ModuleType, ModuleType]
) -> None:
    model, _ = published
    reference = model.OpenUnmix(
        nb_bins=65, nb_channels=2, hidden_size=16, max_bin=50, unidirectional=one_way
    ).eval()
    state = reference.state_dict()
    network = OpenUnmix(config_of({name: tuple(one.shape) for name, one in state.items()})).eval()
    network.load_state_dict(state)
    mixture = torch.rand(2, 2, 65, 20)

    with torch.inference_mode():
        assert torch.allclose(network(mixture), reference(mixture), atol=1e-6)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("iterations", [0, 1, 3])
def test_the_filter_equals_the_published_one(
    iterations: int, residual: bool, published: tuple[ModuleType, ModuleType]
) -> None:
    _, filtering = published
    mixture = 30.0 * complex_normal(2, 17, 40).to(torch.complex64)
    magnitudes = torch.rand(3, 2, 17, 40) * mixture.abs()

    found = targets(mixture, magnitudes, iterations=iterations, residual=residual, frames=None)

    expected = filtering.wiener(
        magnitudes.permute(3, 2, 1, 0),
        torch.view_as_real(mixture).permute(2, 1, 0, 3).contiguous(),
        iterations,
        residual=residual,
    )
    expected = torch.view_as_complex(expected.permute(4, 2, 1, 0, 3).contiguous())
    # the published one turns the phase by a π of 32 bits; both round in 32 bits
    assert (found - expected).abs().max() < 2e-6 * mixture.abs().max()
