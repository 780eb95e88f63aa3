"""Processing a track in chunks, around any separator.

How chunks are cut and joined changes scores, so it is a setting with a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.inference import Chunking, Cut, chunk_seed
from sepeval.kernels import overlap_add
from sepeval.separators.base import Estimate, Plain, Separator
from sepeval.types import Array


@dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Chunked(Separator):
    """Gives the inner separator one chunk at a time and joins what comes back.

    Each chunk has a seed of its own, derived from the seed and the number of the chunk, so that
    the order in which chunks are processed changes nothing.

    Attributes:
        inner: the separator that hears the chunks.
        chunk: samples in a chunk.
        overlap: samples that two neighbours share, less than `chunk`.
        window: weights under which overlapping chunks are averaged, see
            `kernels.overlap_add.weights`.
        tail: what becomes of the end that does not fill a chunk. `pad`: it is filled up with
            zeros, and the estimate is cut. `partial`: it is processed as it is. `drop`: it is
            not processed, and the estimate is shorter than the mixture. `msst`: see
            `kernels.overlap_add`.
    """

    summary: ClassVar[str] = "any separator, chunk by chunk"
    inner: Separator
    chunk: Annotated[int, Field(gt=0)]
    overlap: Annotated[int, Field(ge=0)]
    window: overlap_add.Window
    tail: overlap_add.Tail

    def __post_init__(self) -> None:
        _ = self._chunking  # refuses an overlap that does not fit

    @property
    def is_stochastic(self) -> bool:
        """As the inner separator."""
        return self.inner.is_stochastic

    def describe(self) -> Mapping[str, Plain]:
        """Return all settings, and the description of the inner separator."""
        return {
            "name": "chunked",
            "version": 1,
            "chunk": self.chunk,
            "overlap": self.overlap,
            "window": self.window,
            "tail": self.tail,
            "inner": dict(self.inner.describe()),
        }

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        """Return the joined estimates, and the sum of their nfe; see `Separator.separate`.

        Raises:
            SeparatorError: the tail rule leaves nothing, or the inner separator fails, changes
                the length of a chunk, or names its stems differently from chunk to chunk.
        """
        cut = Cut.of(mixture, self._chunking)
        stems: list[tuple[str, ...]] = []
        nfe: list[int] = []
        notes: list[str] = []

        def outputs() -> Iterator[Array]:
            for index in range(len(cut)):
                part = cut.chunk(index)
                estimate = self.inner.separate(part, rate=rate, seed=chunk_seed(seed, index))
                stems.append(estimate.stems)
                nfe.append(estimate.nfe)
                notes.extend(estimate.notes)
                _check(estimate, stems[0], part, index)
                yield estimate.audio

        audio = cut.joined(outputs())
        return Estimate(stems[0], audio, sum(nfe), notes=tuple(dict.fromkeys(notes)))

    @property
    def _chunking(self) -> Chunking:
        return Chunking(self.chunk, self.overlap, self.window, self.tail, "none")


def _check(estimate: Estimate, stems: tuple[str, ...], part: Array, index: int) -> None:
    found = (*estimate.stems, *estimate.audio.shape[1:])
    expected = (*stems, *part.shape)
    if found != expected:
        message = (
            f"chunk {index}: expected stems, channels and samples {expected}; the inner "
            f"separator returned {found}"
        )
        raise SeparatorError(message)
