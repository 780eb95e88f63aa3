"""Estimates that lie under the name of another stem."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sepeval.audits.base.undoing import Whole, whole_tracks
from sepeval.store import Run
from sepeval.types import Array, IntArray

_BETTER = 0.3  # by which the share of the right reference must rise, on each stem that moves
_STAYS = 1e-6  # in favour of an estimate's own name, where nothing else decides


def exchanged(run: Run) -> dict[tuple[str, int], Mapping[str, str]]:
    """Return, by track and replicate, which stem's name the estimate of a stem lies under.

    Tracks whose estimates lie under their own names are not there.
    """
    orders: dict[tuple[str, int], Mapping[str, str]] = {}
    for track in whole_tracks(run):
        best = order(_shares(track.statistics.gram, track))
        moved = {
            track.stems[place]: track.stems[int(other)]
            for place, other in enumerate(best)
            if place != other
        }
        if moved:
            orders[track.track, track.replicate] = moved
    return orders


def _shares(gram: Array, track: Whole) -> Array:
    """Return [reference estimate], the share of each estimate that lies along each reference."""
    stems, rows = len(track.stems), slice(0, track.statistics.channels)
    own = gram[0, rows].sum(axis=0)
    cross = own[:stems, stems : 2 * stems]
    energy = np.diagonal(own)
    scale = energy[:stems, None] * energy[None, stems : 2 * stems]
    found: Array = np.divide(cross**2, scale, out=np.zeros_like(cross), where=scale > 0)
    return found


def order(shares: Array) -> IntArray:
    """Return which estimate each reference should have; its own unless another is far better."""
    from scipy.optimize import linear_sum_assignment

    _, best = linear_sum_assignment(-shares - _STAYS * np.eye(len(shares)))
    own = np.arange(len(shares))
    rise = shares[own, best] - np.diagonal(shares)
    moved = (best != own) & shares.any(axis=1)  # a silent reference has no estimate of its own
    is_sure = moved.any() and bool((rise[moved] > _BETTER).all())
    return np.asarray(best if is_sure else own, dtype=np.int64)
