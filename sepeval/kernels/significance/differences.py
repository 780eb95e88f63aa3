"""Paired differences between two systems: tests, effect size, and tracks that would be needed.

A table that takes a median over tracks does not see one track that is far off; a mean of the
differences sees little else. So the mean has its test, sign flips, and the median that of Wilcoxon.

Scores repeat to about 1e-10 dB, not to the last bit. Differences that are closer than `WORTH` of
the scores they are taken from are equal: ties are ties, and a gain that is the same everywhere has
no spread.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sepeval.kernels.significance.bootstrap import Statistic
from sepeval.types import Array

WORTH = 1e-8  # of a score: a hundred times what is left of rounding in energies and filters
_MAD = 1.4826  # standard deviation over median absolute deviation of normal values


class Paired(NamedTuple):
    """Differences of the same tracks, and what they are worth.

    Attributes:
        differences: [track series], in the unit of the scores; 0 where two scores are equal, nan
            where one is missing.
        worth: [series], what is closer than that is equal.
    """

    differences: Array
    worth: Array


def paired(values: Array, baseline: Array) -> Paired:
    """Return values - baseline, both [track series]; 0 where it is no more than rounding leaves.

    Example:
        >>> paired(np.array([[5.0], [7.0 + 1e-10]]), np.array([[4.0], [7.0]])).differences.tolist()
        [[1.0], [0.0]]
    """
    larger = np.nan_to_num(np.maximum(np.abs(values), np.abs(baseline)))
    worth = WORTH * larger.max(axis=0, initial=0.0)
    apart = values - baseline
    return Paired(np.where(np.abs(apart) <= worth, 0.0, apart), worth)


def sign_flips(
    differences: Array,
    *,
    flips: int,
    generator: np.random.Generator,
    worth: Array | float = 0.0,
) -> Array:
    """Return p-values of paired permutation tests: is the mean difference zero?

    Under the hypothesis each track's difference could as well have the other sign. With few
    tracks every pattern of signs is taken once, and the p-value is exact.

    Args:
        differences: [track series]; nan where a track has none.
        flips: how many patterns are drawn where there are more than that.
        generator: draws them.
        worth: [series], sums that are closer are equal: a pattern that ties with what was seen is
            as far out.

    Returns:
        [series], two-sided, in (0, 1]; nan where no track has a difference.

    References:
        [1] Phipson, Smyth. "Permutation p-values should never be zero", SAGMB 9(1), 2010.
    """
    tracks = len(differences)
    has_any = np.isfinite(differences).any(axis=0)
    known = np.where(np.isfinite(differences), differences, 0.0)
    seen = np.abs(known.sum(axis=0))
    if 2.0**tracks <= flips:
        bits = (np.arange(2**tracks)[:, None] >> np.arange(tracks)) & 1
        signs, extra = 1.0 - 2.0 * bits, 0
    else:
        signs, extra = 1.0 - 2.0 * generator.integers(0, 2, (flips, tracks)), 1
    sums = np.abs(signs @ known)
    close = seen * (1.0 - 1e-12) - worth  # the sum of another order may round
    beyond = (sums >= close).sum(axis=0)
    return np.asarray(np.where(has_any, (beyond + extra) / (len(signs) + extra), np.nan))


def wilcoxon(differences: Array, *, worth: Array | float = 0.0) -> Array:
    """Return two-sided p-values [series] of Wilcoxon's signed-rank test.

    Args:
        differences: [track series]; nan where a track has none. Zeros are dropped.
        worth: [series], the step to which differences are rounded, so that equal ones share a rank.

    Returns:
        1 where all differences are zero; nan where no track has one.
    """
    from scipy import stats

    found = np.where(np.isfinite(differences).any(axis=0), 1.0, np.nan)
    step = np.broadcast_to(worth, found.shape)
    for place, column in enumerate(differences.T):
        kept = column[np.isfinite(column) & (column != 0)]
        if len(kept):
            ranked = kept if step[place] == 0 else np.round(kept / step[place])
            found[place] = stats.wilcoxon(ranked).pvalue
    return found


def holm(p_values: Array) -> Array:
    """Return p-values [test] after Holm's correction for the number of tests.

    Args:
        p_values: [test]; nan is no test, and stays nan.

    References:
        [1] Holm. "A simple sequentially rejective multiple test procedure", Scandinavian Journal
            of Statistics 6(2), 1979.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
        [0.03, 0.06, 0.06]
    """
    tested = np.flatnonzero(np.isfinite(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    scaled = np.minimum(p_values[order] * np.arange(len(order), 0, -1), 1.0)
    corrected = np.full(len(p_values), np.nan)
    corrected[order] = np.maximum.accumulate(scaled)
    return corrected


def effect_size(differences: Array, *, by: Statistic, worth: Array | float = 0.0) -> Array:
    """Return the centre over the spread of paired differences, [series], without a unit.

    The mean over the standard deviation; or the median over 1.4826 times the median absolute
    deviation from it, which is the same for many normal differences.

    Args:
        differences: [track series]; nan where a track has none.
        by: the centre.
        worth: [series], a centre or spread that is no more is zero.

    Returns:
        0 where the centre is zero without a spread; infinite where it is not zero without one; nan
        where there are fewer than two differences.
    """
    found = np.full(differences.shape[1], np.nan)
    least = np.broadcast_to(worth, found.shape)
    for place, column in enumerate(differences.T):
        kept = column[np.isfinite(column)]
        if len(kept) < 2:
            continue
        if by == "mean":
            centre, spread = float(np.mean(kept)), float(np.std(kept, ddof=1))
        else:
            centre = float(np.median(kept))
            spread = _MAD * float(np.median(np.abs(kept - centre)))
        if abs(centre) <= least[place]:
            found[place] = 0.0
        elif spread > least[place]:
            found[place] = centre / spread
        else:
            found[place] = math.copysign(np.inf, centre)
    return found


def tracks_needed(
    differences: Array,
    *,
    by: Statistic,
    confidence: float,
    power: float,
    worth: Array | float = 0.0,
) -> Array:
    """Return how many tracks like these would resolve the centre of their differences, [series].

        n = c ((Φ⁻¹((1 + confidence) / 2) + Φ⁻¹(power)) / |effect size|)²

    with c = 1 for a mean, and π / 3 for a median, as Wilcoxon's test needs that many more of normal
    differences than the test of their mean.

    Args:
        differences: [track series]; nan where a track has none.
        by: the centre.
        confidence: one minus the level of the two-sided test.
        power: how probable it shall be that the test finds the difference.
        worth: [series], see `effect_size`.

    Returns:
        Whole numbers; infinite where there is no difference. With fewer than the least of them,
        no pattern of signs is rare enough for the level.
    """
    from scipy.special import ndtri

    quantiles = float(ndtri((1.0 + confidence) / 2.0) + ndtri(power))
    scale = 1.0 if by == "mean" else math.pi / 3.0
    with np.errstate(divide="ignore"):
        count = scale * (quantiles / np.abs(effect_size(differences, by=by, worth=worth))) ** 2
    least = math.ceil(1.0 - math.log2(1.0 - confidence))
    return np.maximum(np.ceil(count), least)
