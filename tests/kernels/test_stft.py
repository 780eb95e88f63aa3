"""Short-time spectra: closed form, properties, and SciPy as the oracle."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels import stft
from sepeval.types import Array

GRIDS = [(16, 8), (16, 4), (8, 2), (2048, 1024)]


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def whole(signals: Array, window: int, hop: int) -> stft.Spectra:
    return np.concatenate(list(stft.spectra(signals, window=window, hop=hop)), axis=-2)


def test_a_cosine_on_a_bin_has_half_its_amplitude_there() -> None:
    cosine = 0.8 * np.cos(2 * np.pi * 5 * np.arange(640) / 64)

    spectra = whole(cosine, 64, 32)

    assert np.abs(spectra[3:-3, 5]) == pytest.approx(0.4, abs=1e-12)
    assert np.abs(spectra[3:-3, 8:]).max() < 1e-12


@pytest.mark.parametrize(("window", "hop"), GRIDS)
@pytest.mark.parametrize("length", [5000, 4096, 4097])
def test_spectra_are_those_of_scipy(window: int, hop: int, length: int) -> None:
    signals = noise(3, 2, length)

    expected = scipy.signal.stft(signals, nperseg=window, noverlap=window - hop)[-1]

    assert whole(signals, window, hop) == pytest.approx(np.swapaxes(expected, -1, -2), abs=1e-12)


@pytest.mark.parametrize(("window", "hop"), GRIDS)
def test_the_inverse_of_changed_spectra_is_that_of_scipy(window: int, hop: int) -> None:
    changed = whole(noise(2, 5000), window, hop) * noise(window // 2 + 1, seed=1) ** 2

    _, expected = scipy.signal.istft(
        np.swapaxes(changed, -1, -2), nperseg=window, noverlap=window - hop
    )

    ours = stft.inverse([changed], length=5000, window=window, hop=hop)
    assert ours == pytest.approx(expected[:, :5000], abs=1e-10)


@settings(deadline=None, max_examples=40)
@given(length=st.integers(1, 3000), grid=st.sampled_from(GRIDS[:3]), seed=st.integers(0, 99))
def test_unchanged_spectra_give_back_the_signal(
    length: int, grid: tuple[int, int], seed: int
) -> None:
    window, hop = grid
    signals = noise(2, length, seed=seed)

    blocks = stft.spectra(signals, window=window, hop=hop)

    back = stft.inverse(blocks, length=length, window=window, hop=hop)
    assert back.shape == signals.shape
    assert back == pytest.approx(signals, abs=1e-12)


def test_the_size_of_the_blocks_does_not_matter() -> None:
    spectra = whole(noise(1, 700), 16, 8)

    one = stft.inverse([spectra], length=700, window=16, hop=8)
    many = stft.inverse(
        [spectra[:, n : n + 7] for n in range(0, spectra.shape[1], 7)], length=700, window=16, hop=8
    )

    assert one == pytest.approx(many, abs=1e-14)


@pytest.mark.parametrize(("window", "hop"), [(16, 16), (16, 5), (16, 0), (8, 16)])
def test_a_hop_that_does_not_divide_the_window_is_refused(window: int, hop: int) -> None:
    with pytest.raises(ShapeError, match=f"found {hop} in {window}"):
        next(stft.spectra(np.ones(50), window=window, hop=hop))


@pytest.mark.parametrize("length", [40, 90])
def test_spectra_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(ShapeError, match=f"{length} samples have"):
        stft.inverse(stft.spectra(np.ones(64), window=8, hop=4), length=length, window=8, hop=4)
