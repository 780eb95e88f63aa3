"""The estimates of one track, each made once however many views look at them."""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

import numpy as np

from sepeval.errors import DataError, SeparatorError
from sepeval.runner.identity import seed_of
from sepeval.scoring import View
from sepeval.separators.base import Described, Estimate, Oracle, Recording, Separator
from sepeval.types import Array, Track, TrackAudio


class Timing(NamedTuple):
    """One call of a separator: replicate, seconds, seconds of audio, network evaluations, notes."""

    replicate: int
    seconds: float
    audio_s: float
    nfe: int
    notes: tuple[str, ...] = ()


class Estimates:
    """Asks a separator for the estimates of a track.

    Views that hear the same get the same estimate, so that a separator runs once for all of them.

    Args:
        separator: what is asked.
        track: the track.
        seed: of the run.
        remembers: whether estimates are kept for further views; they take memory.
    """

    def __init__(self, separator: Described, track: Track, *, seed: int, remembers: bool) -> None:
        self.timings: list[Timing] = []
        self._separator = separator
        self._track = track
        self._seed = seed
        self._remembers = remembers
        self._known: dict[tuple[object, ...], Estimate] = {}

    def of(self, view: View, heard: TrackAudio, replicate: int) -> Estimate:
        """Return the estimate for what a view hears.

        Raises:
            SeparatorError: the separator fails.
            DataError: an estimate is missing, damaged, or not finite.
        """
        key = self._key(view, heard, replicate)
        if key in self._known:
            return self._known[key]
        begin = time.perf_counter()
        found = self._ask(view, heard, replicate)
        seconds = time.perf_counter() - begin
        if not isinstance(self._separator, Recording):
            length_s = heard.mixture.shape[1] / heard.rate
            self.timings.append(Timing(replicate, seconds, length_s, found.nfe, found.notes))
        _refuse_nonfinite(found, self._track)
        if self._remembers:
            self._known[key] = found
        return found

    def _ask(self, view: View, heard: TrackAudio, replicate: int) -> Estimate:
        separator = self._separator
        if isinstance(separator, Separator):
            seed = seed_of(self._seed, self._track.id, replicate)
            return separator.separate(heard.mixture, rate=heard.rate, seed=seed)
        if isinstance(separator, Oracle):
            return separator.separate(heard.references, heard.mixture, stems=tuple(view.stems))
        if isinstance(separator, Recording):
            stems = recorded_stems(separator, self._track, view)
            return separator.estimate(self._track, stems=stems, rate=heard.rate)
        raise SeparatorError(f"{type(separator).__name__} is no separator, oracle or recording")

    def _key(self, view: View, heard: TrackAudio, replicate: int) -> tuple[object, ...]:
        if not self._remembers:
            return ()
        if isinstance(self._separator, Recording):
            return (recorded_stems(self._separator, self._track, view), heard.rate)
        key = (replicate, heard.rate, _digest(heard.mixture))
        if isinstance(self._separator, Oracle):
            return (*key, tuple(view.stems), _digest(heard.references))
        return key


def recorded_stems(separator: Recording, track: Track, view: View) -> tuple[str, ...]:
    """Return the stems to read: a stem itself where it was recorded, else the parts it sums."""
    asked = tuple(dict.fromkeys([*view.stems, *view.sources]))
    there = separator.fingerprint(track, stems=asked)
    wanted = (
        (stem,) if stem in there or parts == (stem,) else parts
        for stem, parts in view.stems.items()
    )
    return tuple(dict.fromkeys(name for names in wanted for name in names))


def _digest(samples: Array) -> str:
    shape = str(samples.shape).encode()
    return hashlib.blake2b(np.ascontiguousarray(samples).data, key=shape[:64]).hexdigest()


def _refuse_nonfinite(estimate: Estimate, track: Track) -> None:
    for stem, signal in zip(estimate.stems, estimate.audio, strict=True):
        if not np.isfinite(signal).all():
            message = f"track {track.id!r}, stem {stem!r}: the estimate holds NaN or infinity"
            raise DataError(message)
