"""Where systems stand among each other, and which places other tracks would give them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sepeval.compare.outcome import Place, Standing
from sepeval.compare.resampled import Resampled
from sepeval.kernels import significance
from sepeval.types import Array


def standing(
    found: Resampled, names: Sequence[str], *, confidence: float, higher_is_better: bool
) -> tuple[Standing, ...]:
    """Return the order of the systems that have a number of a stem or All, for each of these.

    There is none of fewer than two systems or tracks.

    Places come from the numbers of the table, their intervals from the shared resamples. Mean
    ranks over tracks serve the critical-difference diagram: two systems can be told apart where
    their mean ranks differ by more than

        CD = q sqrt(k (k + 1) / (6 N)),   k systems, N tracks, q of the studentised range / sqrt 2

    Args:
        found: the systems' numbers.
        names: of the systems.
        confidence: of the intervals; 1 - confidence is the level of the tests.
        higher_is_better: the direction of the metric.

    References:
        [1] Demsar. "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006.
    """
    made = []
    for column, stem in enumerate(found.stems):
        here = np.flatnonzero(np.isfinite(found.numbers[:, column]))
        values = found.values[:, here, column]
        values = values[np.isfinite(values).all(axis=1)]
        if len(values) < 2 or len(here) < 2:
            continue
        intervals = significance.rank_intervals(
            found.numbers[here, column],
            found.draws[:, here, column],
            confidence=confidence,
            higher_is_better=higher_is_better,
        )
        means = _mean_ranks(values, higher_is_better=higher_is_better)
        places = tuple(
            Place(names[int(place)], int(rank), int(low), int(high), mean)
            for place, rank, low, high, mean in zip(here, *intervals, means, strict=True)
        )
        critical = critical_difference(len(here), len(values), confidence=confidence)
        made.append(Standing(stem, places, len(values), critical, _friedman(values)))
    return tuple(made)


def critical_difference(systems: int, tracks: int, *, confidence: float) -> float:
    """Return how far mean ranks must be apart to differ (Nemenyi).

    Raises:
        ZeroDivisionError: there is no track.

    Example:
        >>> round(critical_difference(5, 30, confidence=0.95), 3)  # q = 2.728 in [1], table 5a
        1.114
    """
    from scipy.stats import studentized_range

    quantile = float(studentized_range.ppf(confidence, systems, math.inf)) / math.sqrt(2.0)
    return quantile * math.sqrt(systems * (systems + 1) / (6.0 * tracks))


def _mean_ranks(values: Array, *, higher_is_better: bool) -> Array:
    """Return [system], the mean rank over tracks; equal values share the mean of their ranks."""
    from scipy.stats import rankdata

    signed = -values if higher_is_better else values
    return np.asarray(rankdata(signed, axis=1).mean(axis=0), dtype=np.float64)


def _friedman(values: Array) -> float | None:
    """Return the p-value that all systems are alike; None for two systems or alike values."""
    from scipy.stats import friedmanchisquare

    if values.shape[1] < 3 or len(values) < 2 or (values == values[:, :1]).all():
        return None
    return float(friedmanchisquare(*values.T).pvalue)
