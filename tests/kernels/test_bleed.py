"""How far mel bins lie above and below the reference's: closed forms, range and silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.kernels.bleed import Excess, excess
from sepeval.kernels.magnitudes import Frames
from sepeval.kernels.mel import mel_bank
from sepeval.types import Array

FRAMES = Frames(64, 16, 64, "hann", "zeros")
BANK = mel_bank(rate=8000, fft=64, bands=10)


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def measured(reference: Array, estimate: Array, *, range_db: float = 80.0) -> Excess:
    return excess(reference, estimate, frames=FRAMES, bank=BANK, floor=1e-10, range_db=range_db)


@pytest.mark.parametrize("gain_db", [0.1, 40.0])
def test_a_gain_lifts_every_bin_by_itself(gain_db: float) -> None:
    reference = noise(2, 500)

    louder = measured(reference, 10 ** (gain_db / 20) * reference)
    softer = measured(reference, 10 ** (-gain_db / 20) * reference)

    bins = 2 * (1 + 500 // 16) * 10
    assert (louder.above_bins, louder.below_bins, louder.bins) == (bins, 0, bins)
    assert louder.above == pytest.approx(gain_db * bins, rel=1e-9)
    assert (softer.above_bins, softer.below_bins) == (0, bins)
    assert softer.below == pytest.approx(gain_db * bins, rel=1e-9)


def test_a_perfect_estimate_differs_in_no_bin() -> None:
    found = measured(noise(2, 5000), noise(2, 5000))

    assert (found.above, found.above_bins, found.below, found.below_bins) == (0, 0, 0, 0)


def test_what_lies_below_the_range_does_not_count() -> None:
    reference = np.zeros((1, 2000))
    reference[0, :500] = noise(500)
    leak = np.zeros((1, 2000))
    leak[0, 1000:] = 1e-5 * noise(1000, seed=1)  # 100 dB below

    wide = measured(reference, reference + leak, range_db=150.0)
    narrow = measured(reference, reference + leak, range_db=60.0)

    assert wide.above_bins > 500
    assert narrow.above_bins == 0


def test_the_range_hangs_from_the_loudest_channel() -> None:
    tone = np.sin(np.arange(1000.0))
    reference = np.stack([tone, 1e-3 * tone])

    alone = measured(reference[1:], np.zeros((1, 1000)), range_db=40.0)
    both = measured(reference, np.stack([tone, 0 * tone]), range_db=40.0)

    assert alone.below_bins == alone.bins
    assert both.below_bins == 0


def test_silence_lies_at_the_floor() -> None:
    silence = np.zeros((1, 500))

    nothing = measured(silence, silence)
    leak = measured(silence, noise(1, 500))

    assert (nothing.above_bins, nothing.below_bins) == (0, 0)
    assert leak.above_bins == leak.bins
    assert leak.above / leak.bins > 100


@given(seed=st.integers(0, 99))
def test_reference_and_estimate_change_sides(seed: int) -> None:
    one, other = noise(2, 300, seed=seed), noise(2, 300, seed=seed + 100)

    found, turned = measured(one, other), measured(other, one)

    assert (found.above, found.above_bins) == (turned.below, turned.below_bins)
    assert found.above_bins + found.below_bins <= found.bins


def test_one_sample_has_a_frame_and_none_has_none() -> None:
    assert measured(np.ones((1, 1)), np.ones((1, 1))).bins == 10
    assert measured(np.ones((1, 0)), np.ones((1, 0))).bins == 0
