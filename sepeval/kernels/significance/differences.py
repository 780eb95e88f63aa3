"""Paired differences between two systems: tests, effect size, and tracks that would be needed."""

from __future__ import annotations

import math

import numpy as np

from sepeval.types import Array


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
