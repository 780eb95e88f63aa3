"""Mel bands: where they lie, how large they are, and values that librosa prints."""

from __future__ import annotations

import numpy as np
import pytest

from sepeval.errors import ShapeError
from sepeval.kernels.mel import mel_bank


def test_below_a_kilohertz_bands_are_triangles_of_equal_width() -> None:
    bank = mel_bank(rate=2000, fft=2000, bands=14)  # a frequency is 1 Hz; edges are 200/3 Hz apart

    centres = bank.argmax(axis=1)

    assert centres == pytest.approx(200 / 3 * np.arange(1, 15), abs=0.5)
    assert bank.max(axis=1) == pytest.approx(2 / (2 * 200 / 3), rel=0.01)
    assert bank.sum(axis=1) == pytest.approx(1.0, rel=1e-3)  # the area, in steps of 1 Hz


def test_above_a_kilohertz_each_centre_is_a_constant_factor_above_the_last() -> None:
    bank = mel_bank(rate=44100, fft=1 << 16, bands=60)

    centres = bank.argmax(axis=1) * 44100 / (1 << 16)

    high = centres[centres > 1200]
    assert high[1:] / high[:-1] == pytest.approx(high[1] / high[0], rel=1e-3)


def test_each_frequency_lies_in_two_bands_at_most() -> None:
    bank = mel_bank(rate=22050, fft=2048, bands=64)

    assert ((bank > 0).sum(axis=0) <= 2).all()
    assert (bank >= 0).all()


def test_weights_are_those_of_librosa() -> None:
    bank = mel_bank(rate=22050, fft=512, bands=20)

    # librosa 0.11.0: filters.mel(sr=22050, n_fft=512, n_mels=20, dtype=np.float64)
    assert bank.sum(axis=1)[[0, 5, 10, 19]] == pytest.approx(
        [0.02304332, 0.02331819, 0.02327463, 0.02321783], abs=5e-9
    )
    assert bank[10].nonzero()[0].tolist() == list(range(43, 59))
    assert bank[10, 43:50] == pytest.approx(
        [0.00021594, 0.00059197, 0.00096801, 0.00134404, 0.00172007, 0.00209611, 0.00247214],
        abs=5e-9,
    )
    assert bank[19].argmax() == 217
    assert bank[19].max() == pytest.approx(0.0006426260158398376, rel=1e-12)


def test_a_band_without_a_frequency_is_refused() -> None:
    with pytest.raises(ShapeError, match="of 512 mel bands hold no frequency of a transform of 10"):
        mel_bank(rate=44100, fft=1024, bands=512)
