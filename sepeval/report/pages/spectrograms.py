"""Spectrograms as small pictures: a few dozen bands by a few hundred stretches of time.

Bands are spaced by the logarithm of frequency above 200 Hz and evenly below, as hearing is. Each
stretch of time is looked at through a few transforms that are spread over it; what falls between
them is not seen. All signals of a stem share one scale, 72 dB below the loudest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sepeval.report.pages import png
from sepeval.report.pages.waveforms import edges
from sepeval.types import Array, Signal

SPAN_DB = 72.0  # from black to the brightest
_LEVELS = 16
_FRAME_S = 0.08  # long enough to part the notes of a bass
_LOOKS = 6  # transforms in a stretch of time
_KNEE_HZ = 200.0
# Anchors of a ramp whose lightness rises evenly, so that it reads in grey too.
_RAMP = ((4, 5, 20), (52, 19, 92), (124, 35, 104), (196, 60, 78), (240, 120, 40), (252, 232, 164))


@dataclass(frozen=True)
class Detail:
    """How fine pictures are.

    Attributes:
        bands: rows of a spectrogram.
        columns: its stretches of time, at most.
        bins: stretches of time of a waveform, at most.
    """

    bands: int
    columns: int
    bins: int


FINE = Detail(bands=64, columns=480, bins=480)
COARSE = Detail(bands=36, columns=176, bins=240)
_FEW = 500  # pictures up to which they are fine: a report stays small enough to send


def detail(pictures: int) -> Detail:
    """Return how fine pictures are, by how many a report has."""
    return FINE if pictures <= _FEW else COARSE


def bands(signal: Signal, *, rate: int, fine: Detail) -> Array:
    """Return the power of a signal, mean over its channels, [band column]; full scale 1.0.

    Args:
        signal: [channel sample].
        rate: in Hz.
        fine: bands and columns.
    """
    size = 1 << round(np.log2(max(64.0, _FRAME_S * rate)))
    window = np.hanning(size + 1)[:-1]
    scale = (2.0 / window.sum()) ** 2
    into = _filters(size, rate, fine.bands)
    cut = edges(signal.shape[1], fine.columns)
    found = np.zeros((fine.bands, len(cut) - 1))
    for column, (start, stop) in enumerate(pairwise(cut)):
        centres = start + (np.arange(_LOOKS) + 0.5) * (stop - start) / _LOOKS
        firsts = centres.astype(np.int64) - size // 2
        block = _stretch(signal, int(firsts[0]), int(firsts[-1]) + size)
        looks = np.stack([block[:, at : at + size] for at in firsts - firsts[0]])
        power = np.square(np.abs(np.fft.rfft(looks * window, axis=-1))).mean(axis=(0, 1)) * scale
        found[:, column] = into @ power
    return found


def picture(signals: list[Array]) -> bytes:
    """Return the pictures of several signals below each other, as one PNG.

    Args:
        signals: [band column] each, from `bands`, of equal shape; high bands come out on top.
    """
    loudest = max((float(one.max(initial=0.0)) for one in signals), default=0.0)
    rows = [_shades(one[::-1], loudest) for one in signals]
    return png.encoded(np.concatenate(rows), _palette())


def _shades(power: Array, loudest: float) -> NDArray[np.uint8]:
    if loudest <= 0.0:
        return np.zeros(power.shape, np.uint8)
    with np.errstate(divide="ignore"):
        below_db = 10.0 * np.log10(power / loudest)
    top = _LEVELS - 1
    return np.asarray(np.clip(np.round((1.0 + below_db / SPAN_DB) * top), 0, top), np.uint8)


def _palette() -> list[tuple[int, int, int]]:
    anchors = np.array(_RAMP, dtype=np.float64)
    places = np.linspace(0, len(anchors) - 1, _LEVELS)
    mixed = [
        np.interp(places, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)
    ]
    return [
        (round(red), round(green), round(blue)) for red, green, blue in zip(*mixed, strict=True)
    ]


def _filters(size: int, rate: int, count: int) -> Array:
    """Return which bins of a transform each band takes the mean of, [band bin]."""
    top = np.arcsinh(rate / 2.0 / _KNEE_HZ)
    limits = _KNEE_HZ * np.sinh(np.linspace(0.0, top, count + 1)) * size / rate
    found = np.zeros((count, size // 2 + 1))
    for band, (low, high) in enumerate(pairwise(limits)):
        first = min(round(low), size // 2)
        last = max(first + 1, min(round(high), size // 2 + 1))
        found[band, first:last] = 1.0 / (last - first)
    return found


def _stretch(signal: Signal, start: int, stop: int) -> Array:
    """Return [channel sample] from start to stop, zero where there is no signal."""
    inside = np.asarray(signal[:, max(0, start) : max(0, min(stop, signal.shape[1]))])
    before = max(0, -start)
    return np.pad(inside, [(0, 0), (before, stop - start - before - inside.shape[1])])
