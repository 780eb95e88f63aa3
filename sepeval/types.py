"""Values that pass between the layers: arrays, audio files, tracks, statuses.

Convention: arrays of audio are `[stem channel sample]`, float64, full scale at 1.0; times are in
samples; intervals are half open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

EngineName: TypeAlias = Literal["scipy", "ducc0", "cuda"]  # who computes; no score depends on it
Backend: TypeAlias = Literal["loky", "dask", "ray"]  # where processes work; nor on this


@dataclass(frozen=True, eq=False)
class Streamed:
    """Audio [channel sample] that lies in files; a slice of it is read, and is an array.

    Attributes:
        shape: channels and samples.
        read: `read(start, stop)` gives the samples from start to stop, [channel sample] float64.
    """

    shape: tuple[int, int]
    read: Callable[[int, int], Array]

    def __getitem__(self, place: tuple[SupportsIndex | slice, slice]) -> Array:
        """Return the samples of a channel, or of some, over a stretch of time."""
        channel, time = place
        start, stop, _ = time.indices(self.shape[1])
        return np.asarray(self.read(start, stop)[channel])


@dataclass(frozen=True, eq=False)
class StreamedStems:
    """Audio [stem channel sample] that lies in files; a slice of it is read, and is an array.

    Attributes:
        stems: of equal channels and samples, at least one.
    """

    stems: tuple[Streamed, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Stems, channels, samples."""
        return (len(self.stems), *self.stems[0].shape)

    @property
    def ndim(self) -> int:
        """Three, as of an array."""
        return len(self.shape)

    def __len__(self) -> int:
        return len(self.stems)

    def __iter__(self) -> Iterator[Streamed]:
        return iter(self.stems)

    def __getitem__(
        self, place: tuple[SupportsIndex | slice, SupportsIndex | slice, slice]
    ) -> Array:
        """Return the samples of a stem, or of some, over a stretch of time."""
        stem, channel, time = place
        if isinstance(stem, slice):
            return np.stack([one[channel, time] for one in self.stems[stem]])
        return self.stems[stem][channel, time]

    def select(self, places: Sequence[int]) -> StreamedStems:
        """Return some of the stems, still unread."""
        return StreamedStems(tuple(self.stems[place] for place in places))


# What may be looked at by stretches of time: an array, or audio that is read when it is sliced.
Signal: TypeAlias = Array | Streamed  # [channel sample]
Stems: TypeAlias = Array | StreamedStems  # [stem channel sample]


class Status(StrEnum):
    """Why a score has a value, or has none."""

    OK = "ok"
    SILENT_REFERENCE = "silent_reference"
    SILENT_ESTIMATE = "silent_estimate"
    SILENT_OTHER = "silent_other"
    UNDEFINED = "undefined"
    ILL_CONDITIONED = "ill_conditioned"
    PLUS_INF = "plus_inf"
    MINUS_INF = "minus_inf"
    ERROR = "error"


@dataclass(frozen=True)
class AudioFile:
    """One audio stream on disk.

    Attributes:
        path: the file.
        stream: index of the audio stream inside a container such as `.stem.mp4`; None for a
            file that holds one stream.
    """

    path: Path
    stream: int | None = None

    def __str__(self) -> str:
        return str(self.path) if self.stream is None else f"{self.path} (stream {self.stream})"


@dataclass(frozen=True)
class Track:
    """One piece of music in a dataset, as files and not yet as audio.

    Attributes:
        id: unique inside its split.
        split: name of the split, as the dataset's authors name it.
        rate: samples per second, in Hz.
        channels: number of channels.
        length: samples per channel, of the longest file.
        stems: the files that are summed to each stem. No file means that the stem is absent.
        mixture: the mixture file; None where the mixture is the sum of the stems.
        missing: stems that are absent, sorted.
        fault: why the track cannot be evaluated, as a message for the user; empty if it can.
    """

    id: str
    split: str
    rate: int
    channels: int
    length: int
    stems: Mapping[str, tuple[AudioFile, ...]]
    mixture: AudioFile | None
    missing: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Index:
    """The tracks of one split, and every choice that led to them.

    Attributes:
        dataset: registered name of the adapter.
        split: name of the split.
        choices: named decisions that change what a stem or a split is, such as
            `{"grouping": "program", "layout": "original"}`.
        stems: names of all stems that a track can have, in the dataset's order.
        tracks: sorted by id.
        expected: number of tracks that the complete split has; None where nobody knows.
    """

    dataset: str
    split: str
    choices: Mapping[str, str]
    stems: tuple[str, ...]
    tracks: tuple[Track, ...]
    expected: int | None

    @property
    def is_complete(self) -> bool:
        """True unless the split is known to have another number of tracks."""
        return self.expected is None or len(self.tracks) == self.expected


@dataclass(frozen=True)
class TrackAudio:
    """The audio of one track, ready to be scored.

    Attributes:
        references: [stem channel sample], the true stems; an absent stem is all zero.
        mixture: [channel sample], what a separator hears.
        rate: in Hz.
    """

    references: Array
    mixture: Array
    rate: int
