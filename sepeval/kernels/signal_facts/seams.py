"""Jumps of an error at equal distances: the seams between chunks that were separated apart.

A jump is a sample at which the second difference of the error is eight times its RMS in the same
1024 samples, while no reference and not the mixture has a large one within 3 ms: what leaks, or is
missing, jumps where the music does. Jumps count as seams where they lie at the multiples of one
period, counted from the start of the track, far more often than by chance.
What is smoother than its surroundings (a cross-fade, a jump inside a noisy error) is not seen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sepeval.kernels.signal_facts.levels import SLICE
from sepeval.types import Array, IntArray

_JUMP = 64.0  # square of a second difference over its mean square: 8 times the RMS
_OWN = 36.0  # the same of the music, over the calmer of its sides, from which on it jumps itself
_NEAR_S = 3e-3  # s; a separator smears an onset by as much
_NEAR = 2  # samples between a jump and the seam that it belongs to
_LEAST = 5  # seams; beats lie on a grid too, and fewer hits come by chance
_SHARE = 0.6  # of the multiples of a period at which there is a jump; the music hides the others
_IMPROBABLE = -9.0  # decimal logarithm of the chance that the jumps lie there by accident


class Jumps(NamedTuple):
    """Where an error jumps: places in samples, and their size over the surroundings in dB."""

    places: IntArray
    size_db: Array


class Seams(NamedTuple):
    """Seams of an estimate.

    Attributes:
        period: in samples.
        found: seams at which there is a jump.
        possible: all multiples of the period inside the track.
        size_db: median size of the jumps, over the RMS of their surroundings.
    """

    period: int
    found: int
    possible: int
    size_db: float


def jumps(error: Array, music: Array, *, rate: int) -> Jumps:
    """Return where an error jumps and no music does; at most one place per 1024 samples.

    A rest of less than 1024 samples is not looked at.

    Args:
        error: [sample].
        music: [signal sample], all references and the mixture.
        rate: in Hz.
    """
    step = np.diff(error)
    whole = (len(error) - 2) // SLICE * SLICE
    slices = (step[1 : whole + 1] - step[:whole]).reshape(-1, SLICE)
    mean = np.einsum("ks,ks->k", slices, slices) / SLICE
    top = np.maximum(slices.max(axis=1), -slices.min(axis=1))
    rows = np.flatnonzero((top * top > _JUMP * mean) & (mean > 0))
    places = rows * SLICE + np.argmax(np.abs(slices[rows]), axis=1) + 2
    near = min(max(2, round(_NEAR_S * rate)), SLICE // 4)
    kept = np.array([_is_calm(music, int(place), near) for place in places], dtype=np.bool_)
    rows, places = rows[kept], places[kept]
    return Jumps(places, 10.0 * np.log10(top[rows] ** 2 / mean[rows]))


def _is_calm(music: Array, place: int, near: int) -> bool:
    """Return whether no signal jumps near a place, over half a slice on its calmer side."""
    first = max(0, place - SLICE // 2)
    bent = np.diff(music[:, first : place + SLICE // 2], n=2, axis=1) ** 2
    middle = place - first
    around = [bent[:, : max(0, middle - near)], bent[:, middle + near :]]
    sides = [one.mean(axis=1) for one in around if one.shape[1]]
    close = bent[:, max(0, middle - near) : middle + near]
    if not sides or not close.shape[1]:
        return True
    return bool((close.max(axis=1) <= _OWN * np.min(sides, axis=0)).all())


def seams(found: Jumps, *, length: int, shortest: int) -> Seams | None:
    """Return the seams among the jumps of an error, or None where jumps have no period.

    Args:
        found: the jumps, in order.
        length: of the track, in samples.
        shortest: period that is tried, in samples.
    """
    places = found.places
    best: tuple[int, int, int] | None = None  # jumps at seams, the period negated, seams
    if len(places) < _LEAST:
        return None
    chance = min(1.0, (2 * _NEAR + 1) * len(places) / length)
    for place in places[(places >= shortest) & (places <= length / _LEAST)]:
        for period in (int(place), int(place) - 1):  # the bend is there, or one sample later
            seam = np.arange(period, length - 1, period)
            hits = int((_distance(places, seam) <= _NEAR).sum())
            if hits < max(_LEAST, _SHARE * len(seam)) or (best and (hits, -period) <= best[:2]):
                continue
            if hits * math.log10(math.e * len(seam) * chance / hits) < _IMPROBABLE:
                best = (hits, -period, len(seam))
    if best is None:
        return None
    hits, period, possible = best[0], -best[1], best[2]
    seam = np.arange(period, length - 1, period)
    at_seams = _distance(seam, places) <= _NEAR
    return Seams(period, hits, possible, float(np.median(found.size_db[at_seams])))


def _distance(of: IntArray, to: IntArray) -> IntArray:
    """Return how far the nearest of the sorted places `of` lies from each place in `to`."""
    right = np.minimum(np.searchsorted(of, to), len(of) - 1)
    left = np.maximum(right - 1, 0)
    nearest: IntArray = np.minimum(np.abs(to - of[left]), np.abs(to - of[right]))
    return nearest
