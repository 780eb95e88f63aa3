"""Resampling gives torchaudio's samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.kernels.resampling import torchaudio_hann, torchaudio_hann_blocks
from sepeval.types import Array, Streamed

# The first eight samples of torchaudio 2.11's functional.resample, in float64, of cos(0.37 n²).
STORED = [
    (44100, 22050, 23, 12, [0.822429194301, 0.155314934455, -0.305183824359, 0.418397392765]),
    (22050, 44100, 12, 24, [0.989904260749, 1.070125135383, 0.948418035191, 0.753312969764]),
    (16000, 22050, 17, 24, [0.989904260749, 1.017873289756, 0.786535131506, -0.298597967259]),
]


def tone(frequency: float, rate: int, length: int) -> Array:
    return np.sin(2 * np.pi * frequency * np.arange(length) / rate)[None]


@pytest.mark.parametrize(("rate", "to", "length", "count", "first"), STORED)
def test_samples_are_those_of_torchaudio(
    rate: int, to: int, length: int, count: int, first: list[float]
) -> None:
    chirp = np.cos(np.arange(length) ** 2 * 0.37)[None]

    found = torchaudio_hann(chirp, rate=rate, to=to)

    assert found.shape == (1, count)
    np.testing.assert_allclose(found[0, :4], first, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("rate", "to"), [(44100, 22050), (48000, 22050), (22050, 44100)])
def test_a_tone_far_below_the_limit_stays_the_tone(rate: int, to: int) -> None:
    found = torchaudio_hann(tone(1000.0, rate, 8000), rate=rate, to=to)

    expected = tone(1000.0, to, found.shape[1])
    inside = slice(50, -50)  # away from the ends, where the filter meets zeros
    assert np.abs(found - expected)[:, inside].max() < 2e-3  # ripple of a short filter


def test_a_tone_above_the_new_limit_vanishes() -> None:
    found = torchaudio_hann(tone(15000.0, 44100, 8000), rate=44100, to=22050)

    assert np.abs(found)[:, 50:-50].max() < 5e-3  # leakage of a short filter


def test_an_equal_rate_changes_nothing() -> None:
    signal = np.random.default_rng(0).standard_normal((2, 50))

    assert np.array_equal(torchaudio_hann(signal, rate=44100, to=44100), signal)


@given(
    length=st.integers(1, 80), rate=st.sampled_from([2, 3, 160, 147]), to=st.sampled_from([1, 2, 5])
)
def test_the_length_is_rounded_up(length: int, rate: int, to: int) -> None:
    found = torchaudio_hann(np.ones((1, length)), rate=rate, to=to)

    assert found.shape == (1, -(-length * to // rate))


@given(length=st.integers(8, 60), late=st.integers(0, 5))
def test_a_delay_by_whole_steps_is_a_delay(length: int, late: int) -> None:
    signal = np.random.default_rng(length).standard_normal((1, length))
    delayed = np.pad(signal, [(0, 0), (3 * late, 0)])

    found = torchaudio_hann(delayed, rate=3, to=2)

    once = torchaudio_hann(np.pad(signal, [(0, 0), (0, 3 * late)]), rate=3, to=2)
    reach = 14  # samples over which the filter spreads what begins at once
    np.testing.assert_allclose(
        found[:, 2 * late + reach :], once[:, reach : once.shape[1] - 2 * late], atol=1e-13
    )


def test_channels_and_stems_are_resampled_alike() -> None:
    signal = np.random.default_rng(0).standard_normal((2, 3, 40))

    found = torchaudio_hann(signal, rate=44100, to=22050)

    alone = torchaudio_hann(signal[1, 2], rate=44100, to=22050)
    assert found.shape == (2, 3, 20)
    assert np.array_equal(found[1, 2], alone)


def test_resampling_is_linear() -> None:
    one, other = np.random.default_rng(0).standard_normal((2, 1, 60))

    found = torchaudio_hann(2.0 * one - other, rate=3, to=2)

    parts = [torchaudio_hann(signal, rate=3, to=2) for signal in (one, other)]
    np.testing.assert_allclose(found, 2.0 * parts[0] - parts[1], atol=1e-13)


@pytest.mark.parametrize(
    ("rate", "to"), [(44100, 22050), (22050, 44100), (44100, 16000), (48000, 44100), (100, 101)]
)
@pytest.mark.parametrize("length", [1, 500, 16_001])
def test_blocks_are_the_signal_to_the_bit(
    rate: int, to: int, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepeval.kernels.resampling._BLOCK", 4096)
    samples = np.random.default_rng(0).standard_normal((2, length))
    signal = Streamed((2, length), lambda start, stop: np.ascontiguousarray(samples[:, start:stop]))

    blocks = list(torchaudio_hann_blocks(signal, rate=rate, to=to))

    whole = torchaudio_hann(samples, rate=rate, to=to)
    assert np.array_equal(np.concatenate(blocks, axis=1), whole)
