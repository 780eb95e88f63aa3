"""How a mixture is cut into chunks and joined again, as named settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sepeval.errors import SeparatorError
from sepeval.kernels import overlap_add
from sepeval.types import Array, IntArray


def chunk_seed(seed: int, index: int) -> int:
    """Return the seed of a chunk, from 0 to 2^63 - 1; neighbours are unrelated.

    Args:
        seed: of the track and replicate.
        index: number of the chunk, from 0.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(index,))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


@dataclass(frozen=True)
class Chunking:
    """Where a mixture is cut, and how the pieces are joined; see `kernels.overlap_add`.

    Attributes:
        chunk: samples in a chunk.
        overlap: samples that two neighbours share, less than `chunk`.
        window: weights under which overlapping chunks are averaged.
        tail: what becomes of an end that does not fill a chunk.
        border: whether the mixture is continued by its reflection at both ends.

    Raises:
        SeparatorError: the overlap does not fit the chunk or the window.
    """

    chunk: int
    overlap: int
    window: overlap_add.Window
    tail: overlap_add.Tail
    border: overlap_add.Border

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.chunk:
            message = f"overlap must be less than chunk {self.chunk}; found {self.overlap}"
            raise SeparatorError(message)
        if self.window == "msst" and self.overlap < 2:
            message = (
                "window 'msst' has weight 0 at both ends of a chunk, so neighbours must share at "
                f"least 2 samples; found overlap {self.overlap}"
            )
            raise SeparatorError(message)


@dataclass(frozen=True)
class Cut:
    """A mixture that is cut into chunks.

    Attributes:
        chunking: how.
        signal: [channel sample], the mixture, continued at its ends if the chunking says so.
        margin: samples by which it is continued at each end.
        bounds: [chunk 2], first sample and last sample plus one of every chunk in `signal`.
    """

    chunking: Chunking
    signal: Array
    margin: int
    bounds: IntArray

    @classmethod
    def of(cls, mixture: Array, chunking: Chunking) -> Cut:
        """Return the cut of a mixture [channel sample].

        Raises:
            SeparatorError: the tail rule leaves nothing.
        """
        length = mixture.shape[-1]
        margin = overlap_add.margin(length, overlap=chunking.overlap, border=chunking.border)
        signal = np.pad(mixture, [(0, 0), (margin, margin)], mode="reflect") if margin else mixture
        bounds = overlap_add.bounds(
            signal.shape[-1], chunk=chunking.chunk, overlap=chunking.overlap, tail=chunking.tail
        )
        if len(bounds) == 0:
            message = (
                f"the mixture has {length} samples, less than one chunk of {chunking.chunk}, and "
                "the tail rule 'drop' leaves nothing; take 'pad' or 'partial'"
            )
            raise SeparatorError(message)
        return cls(chunking, signal, margin, bounds)

    def __len__(self) -> int:
        return len(self.bounds)

    def chunk(self, index: int) -> Array:
        """Return the samples of a chunk [channel sample]."""
        start, stop = (int(edge) for edge in self.bounds[index])
        return overlap_add.piece(self.signal, start=start, stop=stop, tail=self.chunking.tail)

    def joined(self, outputs: Iterable[Array]) -> Array:
        """Return what became of the chunks [... sample], joined, without the margins.

        Args:
            outputs: [... sample] for each chunk, in order, each as long as its chunk.
        """
        length = self.signal.shape[-1]
        whole = overlap_add.joined(
            outputs,
            starts=self.bounds[:, 0],
            weights=overlap_add.weights_of_all(
                self.chunking.window, chunk=self.chunking.chunk, count=len(self)
            ),
            length=min(int(self.bounds[-1, 1]), length),
        )
        return whole[..., self.margin : length - self.margin] if self.margin else whole
