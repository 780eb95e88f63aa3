"""Magnitudes of short-time spectra: closed form, torch as the oracle, ends and short signals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels.magnitudes import Ends, Frames, Taper, magnitudes
from sepeval.types import Array


def whole(signal: Array, frames: Frames) -> Array:
    blocks = list(magnitudes(signal, frames))
    return np.concatenate(blocks) if blocks else np.zeros((0, frames.fft // 2 + 1))


def noise(length: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(length)


def by_torch(signal: Array, frames: Frames) -> Array:
    """The same by `torch.stft`, [frame frequency]."""
    window = torch.hann_window(frames.window, dtype=torch.float64)
    if frames.taper == "rectangular":
        window = torch.ones(frames.window, dtype=torch.float64)
    spectra = torch.stft(
        torch.from_numpy(signal),
        frames.fft,
        frames.hop,
        frames.window,
        window,
        pad_mode="reflect" if frames.ends == "reflect" else "constant",
        return_complex=True,
    )
    return np.asarray(spectra.abs().numpy().T)


def test_a_cosine_on_a_bin_has_half_its_amplitude_times_the_sum_of_the_taper() -> None:
    cosine = 0.8 * np.cos(2 * np.pi * 5 * np.arange(640) / 64)

    plain = whole(cosine, Frames(64, 16, 64, "rectangular", "reflect"))
    tapered = whole(cosine, Frames(64, 16, 64, "hann", "reflect"))

    assert plain[4:-4, 5] == pytest.approx(0.4 * 64, abs=1e-10)
    assert tapered[4:-4, 5] == pytest.approx(0.4 * 32, abs=1e-10)
    assert plain[4:-4, 7:].max() < 1e-10


@pytest.mark.parametrize("taper", ["hann", "rectangular"])
@pytest.mark.parametrize("ends", ["reflect", "zeros"])
@pytest.mark.parametrize(("fft", "hop", "window"), [(64, 16, 64), (64, 50, 40), (33, 7, 20)])
@pytest.mark.parametrize("length", [34, 65, 700, 100_001])
def test_magnitudes_are_those_of_torch(
    taper: Taper, ends: Ends, fft: int, hop: int, window: int, length: int
) -> None:
    frames = Frames(fft, hop, window, taper, ends)
    signal = noise(length)

    found = whole(signal, frames)

    expected = by_torch(signal, frames)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@given(length=st.integers(0, 300), fft=st.integers(2, 64), hop=st.integers(1, 40))
@pytest.mark.parametrize("ends", ["reflect", "zeros"])
def test_frames_are_counted_without_looking(ends: Ends, length: int, fft: int, hop: int) -> None:
    frames = Frames(fft, hop, fft, "hann", ends)

    assert len(whole(noise(length), frames)) == frames.count(length)


def test_a_signal_that_is_too_short_to_be_mirrored_has_no_frames() -> None:
    mirrored, extended = (Frames(64, 16, 64, "hann", ends) for ends in ("reflect", "zeros"))

    assert [mirrored.count(length) for length in (0, 1, 32, 33)] == [0, 0, 0, 3]
    assert [extended.count(length) for length in (0, 1, 32, 33)] == [0, 1, 3, 3]


@given(seed=st.integers(0, 99), length=st.integers(40, 20_000))
def test_equal_signals_have_equal_magnitudes_to_the_bit(seed: int, length: int) -> None:
    frames = Frames(64, 16, 64, "hann", "reflect")
    signal = noise(length, seed)

    assert np.array_equal(whole(signal, frames), whole(signal.copy(), frames))


@pytest.mark.parametrize(("fft", "hop", "window"), [(8, 0, 8), (8, 2, 0), (8, 2, 9)])
def test_lengths_that_do_not_fit_are_refused(fft: int, hop: int, window: int) -> None:
    with pytest.raises(ShapeError, match=f"hop {hop}, window {window}, transform {fft}"):
        Frames(fft, hop, window, "hann", "reflect")
