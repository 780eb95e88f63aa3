"""Level, offset, clipping, zeros and grid of one signal, stretch by stretch.

Everything rests on slices of 1024 samples, so that a long signal is looked at while it lies in the
processor's cache: runs of zeros are counted in whole slices, and a run of equal extremes ends at
the end of its slice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from sepeval.types import Array, BoolArray, IntArray

SLICE = 1024  # samples
SHORTEST_FLAT = 4  # samples; the top of a slow wave in 16 bit holds 2 or 3 equal ones
_GRIDS = (16, 24)  # bits of the integer formats of audio files
_LOOKED_AT = 8  # every so many slices are held against the grids
_DIGESTED = 64  # every so many samples enter the digest
_ONES = np.ones(SLICE)


@dataclass(frozen=True)
class Levels:
    """What there is to know of one signal by itself.

    Attributes:
        length: samples per channel.
        peak: [channel], largest absolute value.
        mean: [channel], the offset.
        energy: [channel], sum of squares.
        flat_runs: [channel] int64, how often 4 samples or more in a row have the largest or the
            smallest value of the channel: what clipping leaves behind.
        flat: [channel] int64, samples in those runs.
        longest_flat: [channel] int64, samples in the longest of them.
        zeros: [channel] int64, samples in slices that are exactly zero.
        longest_zeros: [channel] int64, samples in the longest run of such slices.
        bits: [channel] int64, 16 or 24 where the samples lie on the grid of that integer format,
            0 where they do not.
        digest: of every 64th sample: equal signals have equal digests; signals that differ only
            between those samples have too.
    """

    length: int
    peak: Array
    mean: Array
    energy: Array
    flat_runs: IntArray
    flat: IntArray
    longest_flat: IntArray
    zeros: IntArray
    longest_zeros: IntArray
    bits: IntArray
    digest: str


class Tally:
    """Gathers the levels of one signal from consecutive stretches of it.

    Args:
        channels: how many.
    """

    def __init__(self, channels: int) -> None:
        self._length = 0
        self._extreme = np.zeros((2, channels))  # largest, and largest of the negated signal
        self._flats = np.zeros((2, 3, channels), np.int64)  # runs, samples, longest
        self._sum, self._energy = np.zeros(channels), np.zeros(channels)
        self._zeros, self._longest = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
        self._open = np.zeros(channels, np.int64)  # slices of zeros that may go on
        self._on_grid = {bits: np.ones(channels, np.bool_) for bits in _GRIDS}
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, stretch: Array) -> Array:
        """Take in the next stretch, and return the energies of its slices, [channel slice].

        Args:
            stretch: [channel sample]; all but the last are whole slices.
        """
        slices = in_slices(stretch)
        energy: Array = np.einsum("cks,cks->ck", slices, slices)
        self._length += stretch.shape[1]
        self._sum += (slices @ _ONES).sum(axis=1)
        self._energy += energy.sum(axis=1)
        silent = energy == 0
        self._count_zeros(silent)
        for place, own in enumerate(slices):
            if silent[place].all():
                continue
            self._count_flat(0, place, own, own.max(axis=1))
            self._count_flat(1, place, own, -own.min(axis=1))
        for bits, so_far in self._on_grid.items():
            for channel in np.flatnonzero(so_far):
                so_far[channel] &= _is_on_grid(slices[channel, ::_LOOKED_AT], bits)
        self._digest.update((stretch[:, ::_DIGESTED] + 0.0).tobytes())  # no minus before a zero
        return energy

    def levels(self) -> Levels:
        """Return what all stretches have shown."""
        longest = np.maximum(self._longest, self._open) * SLICE
        bits = np.zeros(len(self._sum), np.int64)
        for grid in reversed(_GRIDS):
            bits[self._on_grid[grid]] = grid
        bits[self._energy == 0] = 0
        flat = np.where(self._extreme[:, None] > 0, self._flats, 0)
        return Levels(
            length=self._length,
            peak=self._extreme.max(axis=0),
            mean=self._sum / max(1, self._length),
            energy=self._energy.copy(),
            flat_runs=flat[:, 0].sum(axis=0),
            flat=flat[:, 1].sum(axis=0),
            longest_flat=flat[:, 2].max(axis=0),
            zeros=np.minimum(self._zeros * SLICE, self._length),
            longest_zeros=np.minimum(longest, self._length),
            bits=bits,
            digest=self._digest.hexdigest(),
        )

    def _count_flat(self, side: int, channel: int, slices: Array, tops: Array) -> None:
        """Count runs at the extreme of one side; a new extreme makes earlier runs void."""
        top = float(tops.max())
        if top < self._extreme[side, channel] or top == 0.0:
            return
        if top > self._extreme[side, channel]:
            self._extreme[side, channel] = top
            self._flats[side, :, channel] = 0
        lengths = _runs(slices[tops == top] == (top if side == 0 else -top))
        lengths = lengths[lengths >= SHORTEST_FLAT]
        known = self._flats[side, :, channel]
        found = (len(lengths), lengths.sum(), max(known[2], lengths.max(initial=0)))
        self._flats[side, :, channel] = (known[0] + found[0], known[1] + found[1], found[2])

    def _count_zeros(self, silent: BoolArray) -> None:
        self._zeros += silent.sum(axis=1)
        for channel, own in enumerate(silent):
            if not own.any():
                self._longest[channel] = max(self._longest[channel], self._open[channel])
                self._open[channel] = 0
                continue
            if own.all():
                self._open[channel] += len(own)
                continue
            begin, end = int(np.argmin(own)), int(np.argmin(own[::-1]))
            inner = int(_runs(own[None]).max(initial=0))
            longest = max(int(self._longest[channel]), int(self._open[channel]) + begin, inner)
            self._longest[channel] = longest
            self._open[channel] = end


def levels(signal: Array) -> Levels:
    """Return the levels of a whole signal, [channel sample]."""
    tally = Tally(len(signal))
    step = 256 * SLICE
    for start in range(0, signal.shape[1], step):
        tally.add(signal[:, start : start + step])
    return tally.levels()


def in_slices(stretch: Array) -> Array:
    """Return a stretch [channel sample] as [channel slice 1024], the last filled with zeros."""
    channels, length = stretch.shape
    if length % SLICE:
        stretch = np.pad(stretch, ((0, 0), (0, -length % SLICE)))
    return stretch.reshape(channels, -1, SLICE)


def _is_on_grid(samples: Array, bits: int) -> bool:
    steps = samples * 2.0 ** (bits - 1)
    return bool((steps == np.rint(steps)).all())


def _runs(hit: BoolArray) -> IntArray:
    """Return the lengths of the runs of True in each row, one after the other."""
    apart = np.zeros((len(hit), hit.shape[1] + 2), np.int8)
    apart[:, 1:-1] = hit
    change = np.flatnonzero(np.diff(apart.ravel()))
    return np.asarray(change[1::2] - change[::2], dtype=np.int64)
