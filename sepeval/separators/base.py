"""What a separator is, and the registry of separators.

There are three kinds, by what they are allowed to see. A `Separator` hears the mixture. An
`Oracle` sees the references too: it is an upper bound, never a system. A `Recording` hears
nothing; its estimates were made elsewhere.

Each is a frozen, validated dataclass whose fields are its settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from sepeval.errors import SeparatorError
from sepeval.registry import Registry
from sepeval.types import Array, Track

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


@dataclass(frozen=True)
class Estimate:
    """The output of a separator for one mixture.

    Attributes:
        stems: names of the stems, in the order of `audio`.
        audio: [stem channel sample], as long as the mixture unless a tail rule drops its end;
            estimates made elsewhere are as long as their files.
        nfe: network evaluations spent; 0 where there is no network.
        lengths: the true length of each stem in samples, beyond which `audio` is filled with
            zeros; None where all stems are as long as `audio`.
        notes: what went otherwise than asked and changes no more than rounding, such as smaller
            batches where the memory ended; recorded with the timings.
    """

    stems: tuple[str, ...]
    audio: Array
    nfe: int = 0
    lengths: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.audio.ndim != 3 or self.audio.shape[0] != len(self.stems):
            message = (
                f"an estimate of {', '.join(self.stems)} must have shape "
                f"[{len(self.stems)} channel sample]; found {list(self.audio.shape)}"
            )
            raise SeparatorError(message)
        longest = self.audio.shape[2]
        if self.lengths is not None and (
            len(self.lengths) != len(self.stems)
            or not all(0 <= length <= longest for length in self.lengths)
        ):
            message = (
                f"an estimate of {', '.join(self.stems)} must have one length per stem, each of "
                f"at most {longest} samples; found {list(self.lengths)}"
            )
            raise SeparatorError(message)

    def select(self, stems: tuple[str, ...]) -> Array:
        """Return [stem channel sample] of the named stems.

        Raises:
            SeparatorError: a stem was not estimated.
        """
        for stem in stems:
            if stem not in self.stems:
                message = f"no estimate of {stem!r}; the separator gives {', '.join(self.stems)}"
                raise SeparatorError(message)
        return np.stack([self.audio[self.stems.index(stem)] for stem in stems])


class Described(ABC):
    """Anything that yields estimates.

    Attributes:
        summary: one line for the list of separators.
    """

    summary: ClassVar[str]

    @property
    @abstractmethod
    def is_stochastic(self) -> bool:
        """Whether another seed gives another estimate; it can depend on the settings."""

    @abstractmethod
    def describe(self) -> Mapping[str, Plain]:
        """Return everything that can change the output: settings, versions, digests of weights.

        The run's identity hashes it, so it holds no path, device or date.
        """


class Separator(Described):
    """Hears the mixture and nothing else."""

    @abstractmethod
    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        """Return the estimates for one mixture.

        Args:
            mixture: [channel sample], full scale at 1.0.
            rate: in Hz.
            seed: the only source of randomness.

        Raises:
            SeparatorError: the separator cannot process this rate or channel count.
        """


class Oracle(Described):
    """Sees the references: an upper bound for a class of separators."""

    @property
    def is_stochastic(self) -> bool:
        """False: an oracle draws nothing."""
        return False

    @abstractmethod
    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        """Return the estimates that knowledge of the references allows.

        Args:
            references: [stem channel sample], the true stems.
            mixture: [channel sample].
            stems: names of the references.
        """


class Recording(Described):
    """Gives estimates that were made elsewhere."""

    @property
    def is_stochastic(self) -> bool:
        """False: the files stay what they are."""
        return False

    @property
    @abstractmethod
    def is_of_one_track(self) -> bool:
        """Whether the same files are given for every track, because their names do not tell."""

    @abstractmethod
    def estimate(self, track: Track, *, stems: tuple[str, ...], rate: int) -> Estimate:
        """Return the stored estimates of a track.

        Args:
            track: whose estimates are asked for.
            stems: names of the stems, in the order of the estimate.
            rate: in Hz, at which the estimates are scored.

        Raises:
            DataError: a file is missing or damaged, or has another rate.
        """

    @abstractmethod
    def fingerprint(self, track: Track, *, stems: tuple[str, ...]) -> Mapping[str, str]:
        """Return the SHA-256 of every estimate file of a track by stem; absent files have none."""


SEPARATORS: Registry[type[Described]] = Registry("sepeval.separators", kind="separator")
