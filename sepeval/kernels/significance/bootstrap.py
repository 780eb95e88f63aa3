"""A statistic over tracks for many draws of them, and intervals from the draws.

The unit that is drawn is the track. Systems that are compared share every draw, so that a track
that is hard for all of them moves none against the others. A draw is a row of counts, how often
each track is in it; a statistic of all draws is then a product of arrays, and nothing is copied.

    values [track series] --counts [draw track]--> draws [draw series] --bca--> interval [series]

A series is any column that shares the tracks: a system, a stem, a difference of two systems. A
track without a value (nan) is left out of its series alone.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from sepeval.errors import ShapeError
from sepeval.types import Array

Statistic = Literal["mean", "median", "lower_median"]
_ROWS = 1024  # draws that are reduced at once, so that the sorted counts stay in the cache


class Interval(NamedTuple):
    """Bounds of one interval per series, both in the unit of the values."""

    low: Array
    high: Array


def resamples(tracks: int, *, draws: int, generator: np.random.Generator) -> Array:
    """Return [draw track], how often each track is in a sample drawn with replacement.

    Args:
        tracks: how many there are; each draw has as many.
        draws: how many samples.
        generator: draws them.

    Example:
        >>> resamples(4, draws=3, generator=np.random.default_rng(0)).sum(axis=1).tolist()
        [4.0, 4.0, 4.0]
    """
    even = np.full(tracks, 1.0 / tracks)
    return generator.multinomial(tracks, even, size=draws).astype(np.float64)


def once(tracks: int) -> Array:
    """Return [1 track], the sample that is the tracks themselves."""
    return np.ones((1, tracks))


def left_out(tracks: int) -> Array:
    """Return [track track], the samples without one track each, for the jackknife."""
    return 1.0 - np.eye(tracks)


def reduced(values: Array, counts: Array, *, by: Statistic, weights: Array | None = None) -> Array:
    """Return a statistic over tracks for every draw.

    Args:
        values: [track series]; nan where a track has no value.
        counts: [draw track], how often each track counts.
        by: `mean`; `median`, the mean of the middle two of an even number; `lower_median`, the
            lower of them.
        weights: [track series], not negative, for the mean: a flat mean over windows is the mean
            over tracks weighted by their windows. None counts every track once.

    Returns:
        [draw series]; nan where no track of a draw has a value.

    Raises:
        ShapeError: the arrays do not fit together, or a median is asked for with weights.

    Example:
        >>> values = np.array([[1.0], [2.0], [6.0]])
        >>> reduced(values, once(3), by="mean").item(), reduced(values, once(3), by="median").item()
        (3.0, 2.0)
    """
    if values.ndim != 2 or counts.ndim != 2 or counts.shape[1] != values.shape[0]:
        message = (
            f"values {list(values.shape)} and counts {list(counts.shape)} must be [track series] "
            "and [draw track]"
        )
        raise ShapeError(message)
    if weights is not None and (by != "mean" or weights.shape != values.shape):
        message = (
            f"weights {list(weights.shape)} are for the mean of values {list(values.shape)}; "
            f"found the statistic {by!r}"
        )
        raise ShapeError(message)
    if by == "mean":
        return _means(values, counts, weights)
    blocks = [counts[start : start + _ROWS] for start in range(0, len(counts), _ROWS)]
    columns = [
        np.concatenate([_medians(column, block, lower=by == "lower_median") for block in blocks])
        for column in values.T
    ]
    return np.stack(columns, axis=1)


def bca(observed: Array, draws: Array, jackknife: Array, *, confidence: float) -> Interval:
    """Return bootstrap intervals that are corrected for bias and skewness (BCa).

        z₀ = Φ⁻¹(share of draws below the observed value)
        a  = Σ d³ / 6 (Σ d²)^1.5,  d = mean of the jackknife − jackknife
        α  = Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z)))    for z at either end

    Draws equal to the observed value count half. Where all draws are equal, the interval is that
    one value.

    Args:
        observed: [series], the statistic of the tracks themselves.
        draws: [draw series], of resamples; nan draws are left out.
        jackknife: [track series], of the samples without one track; nan values are left out.
        confidence: of the interval, such as 0.95.

    Returns:
        [series] twice, in the unit of the values; nan where the observed value is.

    References:
        [1] Efron. "Better bootstrap confidence intervals", JASA 82(397), 1987.
    """
    from scipy.special import ndtr, ndtri

    low, high = np.full(observed.shape, np.nan), np.full(observed.shape, np.nan)
    tails = np.array([(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    for place, value in enumerate(observed):
        found = draws[np.isfinite(draws[:, place]), place]
        if not np.isfinite(value) or not len(found):
            continue
        below = ((found < value).sum() + (found <= value).sum()) / (2.0 * len(found))
        if below in (0.0, 1.0) or found.min() == found.max():
            low[place], high[place] = found.min(), found.max()
            continue
        start = float(ndtri(below))
        away = start + ndtri(tails)
        skew = _acceleration(jackknife[:, place])
        shares = np.clip(ndtr(start + away / (1.0 - skew * away)), 0.0, 1.0)
        low[place], high[place] = np.percentile(found, 100.0 * shares)
    return Interval(low, high)


def _means(values: Array, counts: Array, weights: Array | None) -> Array:
    known = np.isfinite(values)
    each = known.astype(np.float64) if weights is None else np.where(known, weights, 0.0)
    total = counts @ np.where(known, values * each, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(total / (counts @ each))


def _medians(column: Array, counts: Array, *, lower: bool) -> Array:
    """Return the median of one series for every draw: where the running count passes the half."""
    order = np.argsort(column, kind="stable")
    kept = order[np.isfinite(column[order])]
    ordered = column[kept]
    running = np.cumsum(counts[:, kept], axis=1)
    total = running[:, -1] if len(kept) else np.zeros(len(counts))
    if not len(kept):
        return np.full(len(counts), np.nan)
    first = (running < (total / 2.0)[:, None]).sum(axis=1)
    second = (running <= (total / 2.0)[:, None]).sum(axis=1)
    last = len(kept) - 1
    found = ordered[np.minimum(first, last)]
    if not lower:
        found = (found + ordered[np.minimum(second, last)]) / 2.0
    return np.where(total > 0, found, np.nan)


def _acceleration(jackknife: Array) -> float:
    """Return a of BCa, 0 where leaving a track out changes nothing."""
    kept = jackknife[np.isfinite(jackknife)]
    apart = kept.mean() - kept if len(kept) else kept
    square = float((apart**2).sum())
    return float((apart**3).sum()) / (6.0 * square**1.5) if square > 0 else 0.0
