"""Projections on the span of all references, without filters, from Gram matrices.

e = s_target + e_interf + e_artif
s_target = a r,   s_target + e_interf = Σ_j c_j r_j,   (G + λ I) c = ⟨r_j, e⟩
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepeval.kernels.cells import Statistics
from sepeval.kernels.pairs import ChannelRule, pairs
from sepeval.types import Array


class Spans(NamedTuple):
    """Energies [window channel stem] of the parts of each estimate."""

    target: Array
    projection: Array
    interference: Array
    artefacts: Array


def spans(
    windows: Statistics, *, flattened: bool, zero_mean: bool, ridge: float, gain_eps: float
) -> Spans:
    """Return the energies of target, projection, interference and artefacts.

    The parts are formed from what of the estimate is orthogonal to its own reference, so that they
    keep their precision when that is little.

    Args:
        windows: statistics of the windows.
        flattened: join the channels into one long signal first.
        zero_mean: remove the mean of each signal over the window first.
        gain_eps: added to ‖r‖² in the gain of the target, in units of energy.
        ridge: λ, in units of energy; 0 takes the pseudo-inverse where references depend.

    Returns:
        Energies, not negative. The target is 0 where the reference is.
    """
    rule: ChannelRule = "flattened" if flattened else "each_then_mean"
    one = pairs(windows, channels=rule, zero_mean=zero_mean)
    own, cross = one.reference[:, :, 0], one.cross[:, :, 0]
    best = np.divide(cross, own, out=np.zeros_like(cross), where=own > 0)
    gain = np.divide(cross, own + gain_eps, out=np.zeros_like(cross), where=own > 0)
    rest = one.residual[:, :, 0] + (gain - best) ** 2 * own
    references, products = _products(windows, flattened=flattened, zero_mean=zero_mean)
    identity = np.eye(windows.stems)
    inverse = np.linalg.pinv(references + ridge * identity, hermitian=True)
    # h: the filters of s_target + e_interf without the gain of the stem itself.
    others = products - gain[:, :, None] * references
    h = inverse @ (others - ridge * gain[:, :, None] * identity)
    interference = np.einsum("wcjs,wcjk,wcks->wcs", h, references, h)
    to_own = np.einsum("wcjs,wcjs->wcs", h, references)
    across = np.einsum("wcjs,wcjs->wcs", h, others)
    target = gain**2 * own
    projection = target + 2.0 * gain * to_own + interference
    artefacts = rest - 2.0 * across + interference
    return Spans(target, *(np.maximum(one, 0.0) for one in (projection, interference, artefacts)))


class _Products(NamedTuple):
    """⟨r_j, r_k⟩ [window channel j k] and ⟨r_j, e⟩ [window channel j stem]."""

    references: Array
    estimates: Array


def _products(windows: Statistics, *, flattened: bool, zero_mean: bool) -> _Products:
    gram = windows.gram[:, : windows.channels]
    if zero_mean:
        sums, samples = gram[..., -1], np.maximum(gram[..., -1, -1], 1.0)
        gram = gram - sums[..., :, None] * sums[..., None, :] / samples[..., None, None]
    if flattened:
        gram = gram.sum(axis=1, keepdims=True)
    count = windows.stems
    return _Products(gram[..., :count, :count], gram[..., :count, count : 2 * count])
