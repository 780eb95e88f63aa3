"""Channels that are read piece by piece: references, estimates, and their differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.kernels.bsseval.parallel import in_order
from sepeval.types import Array, IntArray

READ = 1 << 16  # samples per step of a pass over the audio


@dataclass(frozen=True)
class Signal:
    """Channels of a track that are read piece by piece, as float64.

    Attributes:
        channels: number of channels.
        samples: length of the track.
        copy: `copy(start, stop, out)` writes the samples from start to stop to out,
            [channel sample].
    """

    channels: int
    samples: int
    copy: Callable[[int, int, Array], None]


def audio(tracks: Array) -> Signal:
    """All channels of [stem channel sample], stem by stem."""
    stems, channels, samples = tracks.shape

    def copy(start: int, stop: int, out: Array) -> None:
        out.reshape(stems, channels, stop - start)[...] = tracks[:, :, start:stop]

    return Signal(stems * channels, samples, copy)


def selection(tracks: Array, chosen: IntArray) -> Signal:
    """Some channels of [stem channel sample], by their flattened index, ascending."""
    stems, channels, samples = tracks.shape
    if len(chosen) == stems * channels:
        return audio(tracks)
    pairs = [divmod(int(index), channels) for index in chosen]

    def copy(start: int, stop: int, out: Array) -> None:
        for row, (stem, channel) in enumerate(pairs):
            out[row] = tracks[stem, channel, start:stop]

    return Signal(len(pairs), samples, copy)


def difference(references: Array, estimates: Array, stems: Sequence[int]) -> Signal:
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
        last = min(first + READ, stop)
        piece = np.empty((signal.channels, last - first))
        signal.copy(first, last, piece)
        yield piece


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
