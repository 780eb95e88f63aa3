"""How the channels of a window become the energies that a ratio is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sepeval.kernels.cells import Statistics
from sepeval.types import Array

_ROUNDING = 1e-12  # share of a signal's energy; less than that beside its mean is rounding
ChannelRule = Literal["each_then_mean", "energies_summed", "flattened", "downmixed"]


@dataclass(frozen=True)
class Pairs:
    """Estimate against reference, and mixture against reference, for each stem.

    Attributes:
        reference: [window channel 1 stem], ‖r‖².
        cross: [window channel 2 stem], ⟨e, r⟩ and ⟨m, r⟩.
        residual: [window channel 2 stem], energies of the parts of e and m orthogonal to r.
    """

    reference: Array
    cross: Array
    residual: Array


def pairs(windows: Statistics, *, channels: ChannelRule, zero_mean: bool) -> Pairs:
    """Return the energies of each window, with its channels arranged by rule.

    Args:
        windows: statistics of the windows.
        channels: `each_then_mean` and `energies_summed` keep the channels apart (their scores, or
            their energies, are averaged or summed later); `flattened` joins them into one long
            signal with one gain; `downmixed` takes their mean signal.
        zero_mean: whether the mean of each signal over the window is removed first.
    """
    count, rows = windows.channels, windows.gram.shape[1]
    chosen = slice(rows - 1, rows) if channels == "downmixed" else slice(0, count)
    one = Pairs(windows.reference[:, :, None], windows.cross, windows.residual)
    if zero_mean:
        one = _centred(one, windows)
    one = Pairs(one.reference[:, chosen], one.cross[:, chosen], one.residual[:, chosen])
    if channels == "downmixed" and count > 1:
        square = float(count) ** 2
        return Pairs(one.reference / square, one.cross / square, one.residual / square)
    return _flattened(one) if channels == "flattened" and count > 1 else one


def _centred(one: Pairs, windows: Statistics) -> Pairs:
    """Remove means: ‖x − x̄‖² = ‖x‖² − (Σx)² / n, and the same for products and residuals.

    A reference that is constant but for rounding is zero.
    """
    stems = windows.stems
    sums, samples = windows.gram[..., -1], windows.gram[..., -1, -1][:, :, None, None]
    samples = np.maximum(samples, 1.0)
    of_reference = sums[:, :, None, :stems]
    of_signal = np.stack(
        [sums[..., stems : 2 * stems], np.repeat(sums[..., [2 * stems]], stems, axis=-1)], axis=2
    )
    reference = one.reference - of_reference**2 / samples
    reference = np.where(reference > _ROUNDING * one.reference, reference, 0.0)
    cross = np.where(reference > 0, one.cross - of_reference * of_signal / samples, 0.0)
    gain, before = _gain(cross, reference), _gain(one.cross, one.reference)
    mean_of_rest = (of_signal - gain * of_reference) ** 2 / samples
    residual = one.residual + (gain - before) ** 2 * one.reference - mean_of_rest
    return Pairs(reference, cross, np.maximum(residual, 0.0))


def _flattened(one: Pairs) -> Pairs:
    """Join the channels as if they followed each other in time."""
    reference = one.reference.sum(axis=1, keepdims=True)
    cross = one.cross.sum(axis=1, keepdims=True)
    apart = (_gain(one.cross, one.reference) - _gain(cross, reference)) ** 2 * one.reference
    residual = (one.residual + apart).sum(axis=1, keepdims=True)
    return Pairs(reference, cross, residual)


def _gain(cross: Array, energy: Array) -> Array:
    energy = np.broadcast_to(energy, cross.shape)
    return np.divide(cross, energy, out=np.zeros_like(cross), where=energy > 0)
