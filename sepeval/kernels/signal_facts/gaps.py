"""Short runs of zeros in an estimate that plays before and after, as bad joints of chunks leave."""

from __future__ import annotations

import numpy as np

from sepeval.kernels.signal_facts.levels import SLICE
from sepeval.types import Array, BoolArray, IntArray

_EVERY = 64  # samples, of which one is looked at: a run of 128 holds two of them


def gaps(reference: Array, estimate: Array, *, hollow: BoolArray, plays: float) -> IntArray:
    """Return start and stop of the runs of 128 exact zeros or more, on all channels, [gap 2].

    Runs that reach into a slice of zeros are left out, and those in which the reference rests.

    Args:
        reference: [channel sample].
        estimate: [channel sample], as long.
        hollow: [slice], which slices of the estimate are all zero.
        plays: mean square of a reference that plays.
    """
    zero = (estimate[:, ::_EVERY] == 0).all(axis=0)
    zero &= ~hollow.repeat(SLICE // _EVERY)[: len(zero)]
    change = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(np.int8)))
    found = []
    for first, after in zip(change[::2], change[1::2], strict=True):
        if after - first < 2:
            continue
        start = first * _EVERY - _zeros(estimate[:, : first * _EVERY][:, -_EVERY:][:, ::-1])
        last = (after - 1) * _EVERY
        stop = last + 1 + _zeros(estimate[:, last + 1 : last + _EVERY])
        beside = [max(0, start - 1) // SLICE, min(stop // SLICE, len(hollow) - 1)]
        if hollow[beside].any() or estimate[:, start:stop].any():
            continue
        own = reference[:, start:stop]
        if float(np.einsum("cs,cs->", own, own)) > plays * own.size:
            found.append((start, stop))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _zeros(signal: Array) -> int:
    """Return how many samples at the start of a signal [channel sample] are all zero."""
    sounding = (signal != 0).any(axis=0)
    return int(np.argmax(sounding)) if sounding.any() else signal.shape[1]
