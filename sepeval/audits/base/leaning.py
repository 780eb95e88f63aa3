"""Estimates whose two channels hold their reference at different levels."""

from __future__ import annotations

import numpy as np

from sepeval.audits.base.sides import sides
from sepeval.audits.base.undoing import Whole
from sepeval.types import Array

_OFF_DB = 1.0  # by which the gains of two channels differ
_HEARD = 0.5  # share of each channel that is the reference


def leaning(track: Whole, place: int) -> Array | None:
    """Return the gain of each of two channels of an estimate; None where they are alike.

    Channels that are exchanged have other gains too, which are no fault of their own: None again.

    Args:
        track: statistics.
        place: of the stem.
    """
    statistics = track.statistics
    if statistics.channels != 2:
        return None
    reference = statistics.reference[0, :2, place]
    estimate = statistics.estimate[0, :2, place]
    cross = statistics.cross[0, :2, 0, place]
    if not ((reference > 0) & (estimate > 0) & (cross > 0)).all():
        return None
    if (cross**2 / (reference * estimate)).min() < _HEARD:
        return None
    gains: Array = cross / reference
    if lean_db(gains) <= _OFF_DB:
        return None
    both = sides(track, place)
    return None if both is not None and both.exchanged else gains


def lean_db(gains: Array) -> float:
    """Return how far the levels of two channels are apart, in dB."""
    return 20.0 * float(np.log10(gains.max() / gains.min()))
