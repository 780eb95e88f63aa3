"""Waveforms and spectrograms: what is drawn is what was heard."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from sepeval.report.pages import png, spectrograms, waveforms
from sepeval.types import Streamed

RATE = 8000


def tone(pitch: float, seconds: float = 2.0, amplitude: float = 0.5) -> np.ndarray:
    time = np.arange(int(RATE * seconds)) / RATE
    return amplitude * np.sin(2 * np.pi * pitch * time)[None]


def test_the_envelope_of_a_sine_is_its_amplitude_and_that_over_root_two() -> None:
    shape = waveforms.envelope(tone(200.0), bins=10)

    assert shape.peak == pytest.approx(0.5, abs=1e-3)
    assert shape.rms == pytest.approx(0.5 / np.sqrt(2), abs=1e-3)


def test_the_envelope_is_that_of_all_channels() -> None:
    shape = waveforms.envelope(np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -2.0, 0.0]]), bins=2)

    assert shape.peak.tolist() == [1.0, 2.0]
    assert shape.rms == pytest.approx([0.5, 1.0])


def test_audio_that_is_read_in_slices_has_the_same_envelope() -> None:
    signal = tone(99.0)
    streamed = Streamed(signal.shape, lambda start, stop: signal[:, start:stop])  # type: ignore[arg-type]

    held, sliced = (waveforms.envelope(one, bins=7) for one in (signal, streamed))

    assert np.array_equal(held.peak, sliced.peak)
    assert np.array_equal(held.rms, sliced.rms)


@given(st.integers(1, 5000), st.integers(1, 600))
def test_stretches_of_time_cover_all_and_none_is_empty(length: int, bins: int) -> None:
    cut = waveforms.edges(length, bins)

    assert (cut[0], cut[-1]) == (0, length)
    assert (np.diff(cut) > 0).all()
    assert len(cut) - 1 == min(length, bins)


def test_silence_has_no_height_and_the_loudest_has_all() -> None:
    values = np.array([0.0, 1e-9, 10 ** (-24 / 20), 1.0, 2.0])

    assert waveforms.levels(values, 1.0).tolist() == [0, 0, 128, 255, 255]
    assert waveforms.levels(values, 0.0).tolist() == [0] * 5


@pytest.mark.parametrize("pitch", [100.0, 1000.0, 3500.0])
def test_a_tone_lies_in_one_band_and_the_bands_rise(pitch: float) -> None:
    fine = spectrograms.Detail(bands=24, columns=8, bins=8)
    power = spectrograms.bands(tone(pitch), rate=RATE, fine=fine)
    low = spectrograms.bands(tone(60.0), rate=RATE, fine=fine)

    loudest = power[:, 4].argmax()
    others = np.delete(power[:, 4], [loudest - 1, loudest, min(loudest + 1, 23)])
    assert 10 * np.log10(power[loudest, 4] / others.max()) > 20
    assert loudest > low[:, 4].argmax()


def test_a_picture_is_shown_from_high_to_low_in_the_order_of_the_signals() -> None:
    quiet, loud = np.zeros((4, 3)), np.zeros((4, 3))
    loud[0] = 1.0
    pixels = imread(io.BytesIO(spectrograms.picture([quiet, loud])))

    assert pixels.shape[:2] == (8, 3)
    brightness = pixels[:, 0, :3].sum(axis=1)
    assert brightness.argmax() == 7
    assert len(set(brightness[:7].round(6).tolist())) == 1


def test_a_silent_stem_is_drawn_black() -> None:
    fine = spectrograms.Detail(bands=4, columns=3, bins=3)
    power = spectrograms.bands(np.zeros((2, 50)), rate=RATE, fine=fine)

    assert power.tolist() == np.zeros((4, 3)).tolist()
    assert imread(io.BytesIO(spectrograms.picture([power])))[..., :3].max() < 0.1


def test_many_pictures_are_coarse_so_that_a_report_stays_small() -> None:
    assert spectrograms.detail(500) == spectrograms.FINE
    assert spectrograms.detail(501) == spectrograms.COARSE


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 16))
def test_a_png_holds_the_colours_that_were_asked_for(height: int, width: int, colours: int) -> None:
    palette = [(at * 16, 255 - at * 16, (at * 53) % 256) for at in range(colours)]
    levels = (np.arange(height * width) % colours).reshape(height, width).astype(np.uint8)

    pixels = imread(io.BytesIO(png.encoded(levels, palette)))

    assert np.array_equal((pixels[..., :3] * 255).round(), np.array(palette)[levels])


def test_a_level_without_a_colour_is_refused() -> None:
    with pytest.raises(ValueError, match="expected levels below 1"):
        png.encoded(np.array([[1]], np.uint8), [(0, 0, 0)])
