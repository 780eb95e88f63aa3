"""Places in a table, and how far they would move with other tracks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepeval.types import Array


class Ranks(NamedTuple):
    """Places in a table, best first, from 1.

    Attributes:
        rank: [system], by the values as they are; equal values share the better place.
        low: [system], the best place in the interval.
        high: [system], the worst place in the interval.
    """

    rank: Array
    low: Array
    high: Array


def ranks(values: Array, *, higher_is_better: bool) -> Array:
    """Return places from 1 along the last axis; equal values share the better place.

    Args:
        values: [... system]; nan is behind all others.
        higher_is_better: the direction.

    Example:
        >>> ranks(np.array([3.0, 5.0, 5.0]), higher_is_better=True).tolist()
        [3.0, 1.0, 1.0]
    """
    signed = values if higher_is_better else -values
    ordered = np.where(np.isnan(signed), -np.inf, signed)
    better = ordered[..., None, :] > ordered[..., :, None]
    return np.asarray(1.0 + better.sum(axis=-1), dtype=np.float64)


def rank_intervals(
    observed: Array, draws: Array, *, confidence: float, higher_is_better: bool
) -> Ranks:
    """Return places with the interval that holds them in that share of the draws.

    Args:
        observed: [system], the numbers of the table.
        draws: [draw system], of resamples that all systems share.
        confidence: of the interval.
        higher_is_better: the direction.
    """
    drawn = ranks(draws, higher_is_better=higher_is_better)
    tail = 50.0 * (1.0 - confidence)
    low = np.percentile(drawn, tail, axis=0, method="lower")
    high = np.percentile(drawn, 100.0 - tail, axis=0, method="higher")
    return Ranks(ranks(observed, higher_is_better=higher_is_better), low, high)
