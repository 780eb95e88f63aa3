"""Channels that are read piece by piece: references, estimates, and their differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sepeval.kernels.bsseval.parallel import in_order
from sepeval.types import Array, BoolArray, IntArray, Stems

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

    def read(self, start: int, stop: int) -> Array:
        """Return the samples from start to stop, [channel sample]."""
        samples = np.empty((self.channels, stop - start))
        self.copy(start, stop, samples)
        return samples


def audio(tracks: Stems) -> Signal:
    """All channels of [stem channel sample], stem by stem."""
    stems, channels, samples = tracks.shape

    def copy(start: int, stop: int, out: Array) -> None:
        out.reshape(stems, channels, stop - start)[...] = tracks[:, :, start:stop]

    return Signal(stems * channels, samples, copy)


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


def silent(tracks: Stems) -> BoolArray:
    """Which of [stem channel sample] are exact zeros over the whole track, [stem]."""
    found = np.ones(len(tracks), np.bool_)
    for first in range(0, tracks.shape[2], READ):
        (left,) = np.nonzero(found)
        for stem in left:
            found[stem] = not np.any(tracks[stem, :, first : first + READ])
        if not found.any():
            break
    return found


class Energies(NamedTuple):
    """Energies per window, summed over the channels of a stem, all [estimate window]."""

    true: Array  # ‖s‖²
    error: Array  # ‖p − s‖², from the difference signal
    estimate: Array  # ‖p‖²


def window_energies(
    references: Stems, estimates: Stems, stems: Sequence[int], windows: IntArray, threads: int
) -> Energies:
    """Energies of estimates, of their references and of the differences, in one pass.

    Args:
        references: [stem channel sample]
        estimates: [estimate channel sample]
        stems: the stem that each estimate is of.
        windows: [window 2] int64, start and stop in samples.
        threads: windows that are worked on at the same time.
    """

    def energies(window: IntArray) -> Array:
        total = np.zeros((3, len(estimates)))
        start, stop = window.tolist()
        for first in range(start, stop, READ):
            last = min(first + READ, stop)
            true = np.asarray(references[:, :, first:last], np.float64)
            guess = np.asarray(estimates[:, :, first:last], np.float64)
            with np.errstate(over="ignore", invalid="ignore"):
                for row, stem in enumerate(stems):
                    for number, one in enumerate((true[stem], guess[row] - true[stem], guess[row])):
                        total[number, row] += np.einsum("ct,ct->c", one, one).sum()
        return total

    found = np.zeros((3, len(estimates), len(windows)))
    for number, total in enumerate(in_order(energies, windows, threads)):
        found[:, :, number] = total
    return Energies(*found)
