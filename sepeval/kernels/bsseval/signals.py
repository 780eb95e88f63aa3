"""Channels that are read piece by piece: references, estimates, and their differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.kernels.bsseval.parallel import in_order
from sepeval.types import Array, IntArray, Stems

READ = 1 << 16  # samples per step of a pass over the audio


@dataclass(frozen=True)
class Signal:
    """Channels of a track that are read piece by piece, as float64.

    Attributes:
        channels: number of channels.
        samples: length of the track.
        copy: `copy(start, stop, out)` writes the samples from start to stop to out,
            [channel sample].
        here: `here(start, stop)` is these samples where they lie, not to be written to; None
            where they must be copied.
    """

    channels: int
    samples: int
    copy: Callable[[int, int, Array], None]
    here: Callable[[int, int], Array] | None = None

    def read(self, start: int, stop: int) -> Array:
        """Return the samples from start to stop, [channel sample], not to be written to."""
        if self.here is not None:
            return self.here(start, stop)
        samples = np.empty((self.channels, stop - start))
        self.copy(start, stop, samples)
        return samples


def audio(tracks: Stems) -> Signal:
    """All channels of [stem channel sample], stem by stem."""
    stems, channels, samples = tracks.shape

    def copy(start: int, stop: int, out: Array) -> None:
        out.reshape(stems, channels, stop - start)[...] = tracks[:, :, start:stop]

    rows = _rows(tracks)
    if rows is None:
        return Signal(stems * channels, samples, copy)
    return Signal(stems * channels, samples, copy, lambda start, stop: rows[:, start:stop])


def _rows(tracks: Stems) -> Array | None:
    """[stem channel sample] in memory as [row sample] without a copy; None where that is not so."""
    if not isinstance(tracks, np.ndarray) or tracks.dtype != np.float64:
        return None
    stems, channels, samples = tracks.shape
    if tracks.strides[0] != channels * tracks.strides[1] or tracks.strides[2] != tracks.itemsize:
        return None
    return tracks.reshape(stems * channels, samples)


def selection(tracks: Stems, chosen: IntArray) -> Signal:
    """Some channels of [stem channel sample], by their flattened index, ascending."""
    stems, channels, samples = tracks.shape
    if len(chosen) == stems * channels:
        return audio(tracks)
    pairs = [divmod(int(index), channels) for index in chosen]

    def copy(start: int, stop: int, out: Array) -> None:
        for row, (stem, channel) in enumerate(pairs):
            out[row] = tracks[stem, channel, start:stop]

    return Signal(len(pairs), samples, copy)


def difference(references: Stems, estimates: Stems, stems: Sequence[int]) -> Signal:
    """Estimate minus the reference of its stem, estimate by estimate."""
    count, channels, samples = estimates.shape

    def copy(start: int, stop: int, out: Array) -> None:
        each = out.reshape(count, channels, stop - start)
        with np.errstate(invalid="ignore"):  # inf − inf is nan, and stays nan in the energies
            for row, stem in enumerate(stems):
                np.subtract(
                    estimates[row, :, start:stop],
                    references[stem, :, start:stop],
                    out=each[row],
                    dtype=np.float64,
                )

    return Signal(count * channels, samples, copy)


def pieces(signal: Signal, start: int, stop: int) -> Iterator[Array]:
    """The samples from start to stop, [channel sample], a step at a time."""
    for first in range(start, stop, READ):
        yield signal.read(first, min(first + READ, stop))


def window_energies(signal: Signal, windows: IntArray, channels: int, threads: int) -> Array:
    """Energies per window, summed over the channels of a stem, [stem window].

    Args:
        signal: channels stem by stem.
        windows: [window 2] int64, start and stop in samples.
        channels: number of channels of a stem.
        threads: windows that are worked on at the same time.
    """

    def energy(window: IntArray) -> Array:
        total = np.zeros(signal.channels)
        with np.errstate(over="ignore", invalid="ignore"):
            for piece in pieces(signal, int(window[0]), int(window[1])):
                total += np.einsum("ct,ct->c", piece, piece)
        return total

    total = np.zeros((len(windows), signal.channels))
    for number, found in enumerate(in_order(energy, windows, threads)):
        total[number] = found
    return np.asarray(
        total.reshape(len(windows), signal.channels // channels, channels).sum(axis=2).T
    )
