"""What was heard of the audio of a track when a split was listened to, once for all audits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sepeval.kernels.signal_facts import Bits, Levels
from sepeval.types import Array, AudioFile

PARTS = 4  # fingerprints of one track: a copy may start between two steps
Role = Literal["stem", "source", "mixture"]  # a source is part of the mixture and of no stem


class Activity(NamedTuple):
    """How often a stem is silent by one rule.

    Attributes:
        rule: in words, with its window.
        silent: windows.
        windows: all of them.
    """

    rule: str
    silent: int
    windows: int


@dataclass(frozen=True)
class Sound:
    """One audio file.

    Attributes:
        role: what it is in the track.
        stem: that it belongs to; empty for a mixture and for a source of no stem.
        file: where it lies.
        rate: in Hz.
        levels: of its samples.
    """

    role: Role
    stem: str
    file: AudioFile
    rate: int
    levels: Levels


@dataclass(frozen=True)
class Stem:
    """One stem, the sum of its files.

    Attributes:
        levels: of its samples.
        together: energy of the sum of the first two channels; of the signal where it is mono.
        apart: energy of their difference; 0 where it is mono.
        activity: by each rule.
    """

    levels: Levels
    together: float
    apart: float
    activity: tuple[Activity, ...]


@dataclass(frozen=True)
class Survey:
    """What was heard of one track.

    Attributes:
        track: its id.
        error: why it could not be heard; empty if it was.
        sounds: its files.
        stems: by name; absent ones are not there.
        mixture: [channel], energy of the mixture file; empty where there is none.
        remainder: [channel], energy of the mixture minus the sum of all files beside it.
        complete: whether those files are all that the mixture is made of.
        likeness: fingerprints of the mixture, or of the sum where there is no mixture file: from
            the start, and from each quarter of a step later; empty where nothing was heard.
        digest: of the same.
    """

    track: str
    error: str
    sounds: tuple[Sound, ...]
    stems: Mapping[str, Stem]
    mixture: Array
    remainder: Array
    complete: bool
    likeness: tuple[Bits, ...]
    digest: str
