"""Whether an estimate lies against its reference elsewhere as it does where that is loudest.

Of every stretch that plays the correlation as it stands is taken, which costs a quarter of an inner
product.
Where it is far lower in one stretch than the best fit of the track, lags are searched there too, as
far as half of the stretch: so far apart an estimate lies after a chunk that was dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sepeval.kernels.signal_facts.lags import Lag, lag
from sepeval.kernels.signal_facts.levels import SLICE
from sepeval.types import Array

_SHORTEST_S = 2.0  # of a stretch that is looked at
_EVERY = 4  # slices, of which one is looked at
_PLAYS = 0.1  # of the energy of the loudest stretch so far; of the loudest of all, a third of it
_HEARD = 0.3  # correlation from which on an estimate has something of its reference
_FITS = 0.5  # from which on it fits where it is searched up to half a second
_SURE = 0.65  # from which on it fits where it is searched further: notes come back
_FURTHEST = 0.625  # of a stretch: five of eight seconds
_WORSE = 0.7  # of the best fit, below which a stretch is searched


class Elsewhere(NamedTuple):
    """How an estimate lies against its reference in a stretch where that is not loudest.

    Attributes:
        start: of the stretch, in samples.
        lag: there, another than where the reference is loudest.
    """

    start: int
    lag: Lag


@dataclass(frozen=True)
class _Part:
    start: int
    energy: float
    fit: float  # correlation as it stands, without its sign


class Along:
    """Gathers how well one estimate fits its reference, stretch by stretch.

    Args:
        rate: in Hz.
    """

    def __init__(self, *, rate: int) -> None:
        self._shortest = _SHORTEST_S * rate
        self._loudest = 0.0
        self._best: _Part | None = None
        self._worst: _Part | None = None
        self._signals = np.zeros((2, 0))  # reference and estimate of the worst

    def add(self, reference: Array, estimate: Array, *, energies: Array, start: int) -> None:
        """Take in one channel of the next stretch.

        Args:
            reference: [sample].
            estimate: [sample].
            energies: [2 slice], of the slices of both.
            start: of the stretch, in samples.
        """
        energy = float(energies[0].sum())
        self._loudest = max(self._loudest, energy)
        if energy <= _PLAYS * self._loudest or len(reference) < self._shortest:
            return
        fit = _fit(reference, estimate, energies)
        if fit <= 0.0:
            return
        part = _Part(start, energy, fit)
        if self._best is None or fit > self._best.fit:
            self._best = part
        known = _WORSE if self._worst is None else self._worst.fit
        length = self._signals.shape[1]  # a shorter stretch has to be worse by as much
        if fit < known * (min(1.0, len(reference) / length) if length else 1.0):
            self._worst, self._signals = part, np.stack([reference, estimate])

    def elsewhere(self, loudest: Lag | None) -> Elsewhere | None:
        """Return where the lag is another than in the loudest stretch; None where it is nowhere.

        Args:
            loudest: the lag in that stretch.
        """
        best, worst = self._best, self._worst
        if best is None or loudest is None:
            return None
        fit = max(best.fit, abs(loudest.correlation))
        if fit < _HEARD:
            return None
        late = loudest.samples != 0 and abs(loudest.correlation) >= _FITS
        as_it_is = best.fit >= max(_SURE, abs(loudest.at_zero) / _WORSE) and self._plays(best)
        if late and as_it_is:
            return Elsewhere(best.start, Lag(0, best.fit, best.fit))
        if worst is None or worst.fit >= _WORSE * fit or not self._plays(worst):
            return None
        found = lag(*self._signals, furthest=int(_FURTHEST * self._signals.shape[1]))
        if found is None or abs(found.correlation) < _SURE:
            return None
        same = found.samples == (loudest.samples if late else 0)
        return None if same else Elsewhere(worst.start, found)

    def _plays(self, part: _Part) -> bool:
        return part.energy > _PLAYS / 3.0 * self._loudest


def _fit(reference: Array, estimate: Array, energies: Array) -> float:
    """Return the correlation of two signals as they stand, without its sign; 0 where one is zero.

    Every fourth slice of them is looked at.
    """
    whole = len(reference) // SLICE
    one, other = (
        own[: whole * SLICE].reshape(-1, SLICE)[::_EVERY] for own in (reference, estimate)
    )
    first, second = energies[:, :whole:_EVERY].sum(axis=1)
    if not (first > 0.0 and second > 0.0):
        return 0.0
    return abs(float(np.einsum("ks,ks->", one, other))) / float(np.sqrt(first) * np.sqrt(second))
