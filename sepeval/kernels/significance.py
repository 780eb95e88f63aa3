"""How far a number would move with other tracks: resampling, tests, intervals on ranks.

The unit that is drawn is the track. Systems that are compared share every draw, so that a track
that is hard for all of them moves none against the others. A draw is a row of counts, how often
each track is in it; a statistic of all draws is then a product of arrays, and nothing is copied.

    values [track series] --counts [draw track]--> draws [draw series] --bca--> interval [series]

A series is any column that shares the tracks: a system, a stem, a difference of two systems. A
track without a value (nan) is left out of its series alone.
"""

from __future__ import annotations

import math
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


def sign_flips(differences: Array, *, flips: int, generator: np.random.Generator) -> Array:
    """Return p-values of paired permutation tests: is the mean difference zero?

    Under the hypothesis each track's difference could as well have the other sign. With few
    tracks every pattern of signs is taken once, and the p-value is exact.

    Args:
        differences: [track series]; nan where a track has none.
        flips: how many patterns are drawn where there are more than that.
        generator: draws them.

    Returns:
        [series], two-sided, in (0, 1].

    References:
        [1] Phipson, Smyth. "Permutation p-values should never be zero", SAGMB 9(1), 2010.
    """
    tracks = len(differences)
    known = np.where(np.isfinite(differences), differences, 0.0)
    seen = np.abs(known.sum(axis=0))
    if 2.0**tracks <= flips:
        bits = (np.arange(2**tracks)[:, None] >> np.arange(tracks)) & 1
        signs, extra = 1.0 - 2.0 * bits, 0
    else:
        signs, extra = 1.0 - 2.0 * generator.integers(0, 2, (flips, tracks)), 1
    sums = np.abs(signs @ known)
    beyond = (sums >= seen * (1.0 - 1e-12)).sum(axis=0)  # the sum of another order may round
    return np.asarray((beyond + extra) / (len(signs) + extra), dtype=np.float64)


def wilcoxon(differences: Array) -> Array:
    """Return two-sided p-values [series] of Wilcoxon's signed-rank test.

    Args:
        differences: [track series]; nan where a track has none. Zeros are dropped.
    """
    from scipy import stats

    found = np.ones(differences.shape[1])
    for place, column in enumerate(differences.T):
        kept = column[np.isfinite(column) & (column != 0)]
        if len(kept):
            found[place] = stats.wilcoxon(kept).pvalue
    return found


def holm(p_values: Array) -> Array:
    """Return p-values [test] after Holm's correction for the number of tests.

    References:
        [1] Holm. "A simple sequentially rejective multiple test procedure", Scandinavian Journal
            of Statistics 6(2), 1979.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
        [0.03, 0.06, 0.06]
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    scaled = np.minimum(p_values[order] * np.arange(count, 0, -1), 1.0)
    corrected = np.empty(count)
    corrected[order] = np.maximum.accumulate(scaled)
    return corrected


def effect_size(differences: Array) -> Array:
    """Return mean over standard deviation of paired differences, [series], without a unit.

    Args:
        differences: [track series]; nan where a track has none.

    Returns:
        0 where all differences are zero; infinite where they are equal and not zero; nan where
        there are fewer than two.
    """
    found = np.full(differences.shape[1], np.nan)
    for place, column in enumerate(differences.T):
        kept = column[np.isfinite(column)]
        if len(kept) < 2:
            continue
        mean, spread = float(np.mean(kept)), float(np.std(kept, ddof=1))
        if spread > 0:
            found[place] = mean / spread
        else:
            found[place] = 0.0 if mean == 0 else math.copysign(np.inf, mean)
    return found


def tracks_needed(differences: Array, *, confidence: float, power: float) -> Array:
    """Return how many tracks like these would resolve their mean difference, [series].

        n = ((Φ⁻¹((1 + confidence) / 2) + Φ⁻¹(power)) / |effect size|)²

    Args:
        differences: [track series]; nan where a track has none.
        confidence: one minus the level of the two-sided test.
        power: how probable it shall be that the test finds the difference.

    Returns:
        Whole numbers, 2 at least; infinite where there is no difference.
    """
    from scipy.special import ndtri

    quantiles = float(ndtri((1.0 + confidence) / 2.0) + ndtri(power))
    with np.errstate(divide="ignore"):
        count = (quantiles / np.abs(effect_size(differences))) ** 2
    return np.maximum(np.ceil(count), 2.0)


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
