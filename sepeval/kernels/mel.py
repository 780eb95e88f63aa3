"""Mel bands: triangles over the frequencies of a transform."""

from __future__ import annotations

import numpy as np

from sepeval.errors import ShapeError
from sepeval.types import Array

_LINEAR_HZ = 200.0 / 3.0  # width of a mel below the knee
_KNEE_HZ = 1000.0  # where the scale turns logarithmic
_LOG_STEP = np.log(6.4) / 27.0  # of a mel above the knee


def mel_bank(*, rate: int, fft: int, bands: int) -> Array:
    """Weights of mel bands between 0 Hz and half the rate, on Slaney's scale.

    The edges of the bands are equally spaced on a scale that is linear below 1 kHz (200/3 Hz per
    mel) and logarithmic above (a factor of 6.4 in 27 mels). Band b is a triangle from edge b over
    edge b + 1 to edge b + 2 of area 1 Hz, so that its height is 2 / (width in Hz).

    Args:
        rate: in Hz.
        fft: length of the transform, in samples.
        bands: how many.

    Returns:
        [band frequency], in 1/Hz; frequency k is k · rate / fft in Hz.

    Raises:
        ShapeError: a band holds no frequency of the transform, so it would be silent always.

    References:
        [1] Slaney. "Auditory Toolbox", Technical Report 1998-010, Interval Research, 1998.
    """
    edges = _hertz(np.linspace(0.0, _mels(rate / 2.0), bands + 2))
    frequencies = np.arange(fft // 2 + 1) * (rate / fft)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (frequencies - left) / (centre - left)
    falling = (right - frequencies) / (right - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (right - left))
    if not weights.any(axis=1).all():
        empty = int((~weights.any(axis=1)).sum())
        message = (
            f"{empty} of {bands} mel bands hold no frequency of a transform of {fft} samples at "
            f"{rate} Hz; take fewer bands or a longer transform"
        )
        raise ShapeError(message)
    return np.asarray(weights)


def _mels(hertz: float) -> float:
    if hertz < _KNEE_HZ:
        return hertz / _LINEAR_HZ
    return float(_KNEE_HZ / _LINEAR_HZ + np.log(hertz / _KNEE_HZ) / _LOG_STEP)


def _hertz(mels: Array) -> Array:
    knee = _KNEE_HZ / _LINEAR_HZ
    above = _KNEE_HZ * np.exp(_LOG_STEP * (np.maximum(mels, knee) - knee))
    return np.where(mels < knee, mels * _LINEAR_HZ, above)
