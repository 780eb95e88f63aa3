"""Sums of differences between magnitude spectrograms: closed form, and torch as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sepeval.kernels.magnitudes import Frames
from sepeval.kernels.mel import mel_bank
from sepeval.kernels.stft_distance import SUMS, SpectralSums, Spectrogram, spectral_sums
from sepeval.types import Array

FRAMES = Frames(64, 16, 64, "hann", "reflect")
RATE = 8000  # Hz


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def sums(
    reference: Array, estimate: Array, *, floor: float, bands: int | None = None
) -> SpectralSums:
    bank = None if bands is None else mel_bank(rate=RATE, fft=64, bands=bands)
    (found,) = spectral_sums(reference, estimate, [Spectrogram(FRAMES, floor, bank)], taps=None)
    return found


@pytest.mark.parametrize("gain", [0.5, 1.0, 3.0, -2.0])
def test_a_gain_moves_each_sum_as_on_paper(gain: float) -> None:
    reference = noise(2, 1000)

    found = sums(reference, gain * reference, floor=1e-20)

    off = abs(gain) - 1
    np.testing.assert_allclose(found.estimate, gain**2 * found.reference, rtol=1e-12)
    np.testing.assert_allclose(found.difference, off**2 * found.reference, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.logarithm / found.bins, abs(np.log(abs(gain))), atol=1e-12)
    assert found.bins.tolist() == [(1 + 1000 // 16) * 33] * 2


@pytest.mark.parametrize("bands", [None, 8])
@pytest.mark.parametrize("length", [33, 500, 30_000])
def test_sums_are_those_of_torch(bands: int | None, length: int) -> None:
    reference, estimate = noise(2, length), noise(2, length, seed=1)
    estimate[0] *= 1e-6  # below the floor here and there

    found = sums(reference, estimate, floor=1e-8, bands=bands)

    true, guess = (by_torch(one, bands) for one in (reference, estimate))
    expected = {
        "difference": (guess - true).square(),
        "reference": true.square(),
        "estimate": guess.square(),
        "linear": (guess - true).abs(),
        "logarithm": (guess.log() - true.log()).abs(),
        "bins": torch.ones_like(true),
    }
    for name in SUMS:
        total = expected[name].sum(dim=(1, 2)).numpy()
        np.testing.assert_allclose(getattr(found, name), total, rtol=1e-10)


def by_torch(signals: Array, bands: int | None) -> torch.Tensor:
    """[channel band frame], floored before bands are formed."""
    window = torch.hann_window(64, dtype=torch.float64)
    spectra = torch.stft(torch.from_numpy(signals), 64, 16, 64, window, return_complex=True)
    raised = spectra.abs().square().clamp(min=1e-8).sqrt()
    return (
        raised
        if bands is None
        else torch.from_numpy(mel_bank(rate=RATE, fft=64, bands=bands)) @ raised
    )


@given(seed=st.integers(0, 99))
def test_reference_and_estimate_change_places_in_two_sums_only(seed: int) -> None:
    one, other = noise(1, 200, seed=seed), noise(1, 200, seed=seed + 100)

    found, turned = sums(one, other, floor=1e-8), sums(other, one, floor=1e-8)

    for name in ("difference", "linear", "logarithm", "bins"):
        assert getattr(found, name) == pytest.approx(getattr(turned, name), rel=1e-12)
    assert found.reference == pytest.approx(turned.estimate, rel=1e-12)


def test_silence_has_no_logarithm_without_a_floor_and_no_difference_with_one() -> None:
    silence = np.zeros((1, 100))

    for floor in (0.0, 1e-8):
        found = sums(silence, silence, floor=floor)
        assert [found.difference, found.linear, found.logarithm] == [0, 0, 0]
    assert sums(silence, noise(1, 100), floor=0.0).logarithm == 0


def test_a_signal_without_frames_has_no_bins() -> None:
    found = sums(noise(2, 32), noise(2, 32, seed=1), floor=1e-8)

    assert all((getattr(found, name) == 0).all() for name in SUMS)


def test_a_filter_weighs_both_signals() -> None:
    reference, estimate = noise(1, 400), noise(1, 400, seed=1)
    how = [Spectrogram(FRAMES, 0.0, None)]

    (plain,) = spectral_sums(reference, estimate, how, taps=None)
    (doubled,) = spectral_sums(reference, estimate, how, taps=np.array([0.0, 2.0, 0.0]))

    assert doubled.linear == pytest.approx(2 * plain.linear, rel=1e-12)
    assert doubled.reference == pytest.approx(4 * plain.reference, rel=1e-12)
