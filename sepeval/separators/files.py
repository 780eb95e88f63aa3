"""Estimates that lie in a folder, made by anyone with anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval import audio
from sepeval.errors import DataError
from sepeval.fingerprint import digests
from sepeval.patterns import Pattern
from sepeval.separators.base import SEPARATORS, Estimate, Plain, Recording
from sepeval.types import AudioFile, Track


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("files")
class Files(Recording):
    """One audio file per track and stem, found by a pattern.

        -s files -S root=estimates -S 'pattern={track}/{stem}.wav'

    Nothing is invented: a file that is missing, has another rate than it is scored at, or another
    channel count than the track, is an error. An estimate may be shorter or longer than the
    reference and than its neighbours; whether that is tolerable is for the protocol.

    Attributes:
        root: the folder that the pattern starts from.
        pattern: path of a file below `root`, with `{stem}` and `{track}`, such as
            `CD_1_step/generated_{stem}_{track}.wav`.

    Raises:
        DataError: the root is no folder, or the pattern is malformed or has no stem.
    """

    summary: ClassVar[str] = "a folder of estimates, found by a pattern"
    root: Path
    pattern: str

    def __post_init__(self) -> None:
        if not Pattern(self.pattern).has_stem:
            message = f"pattern {self.pattern!r}: has no {{stem}}; each stem needs its own file"
            raise DataError(message)
        if not self.root.is_dir():
            found = "a file" if self.root.exists() else "nothing"
            raise DataError(f"{self.root}: expected the folder of the estimates, found {found}")

    @property
    def is_of_one_track(self) -> bool:
        """See `Recording.is_of_one_track`."""
        return not Pattern(self.pattern).has_track

    def describe(self) -> Mapping[str, Plain]:
        """Return name and version; what the files hold is told by their digests."""
        return {"name": "files", "version": 1}

    def estimate(self, track: Track, *, stems: tuple[str, ...], rate: int) -> Estimate:
        """Return the files of a track, with their lengths if these differ; see the base class.

        Raises:
            DataError: a file is missing, damaged, or does not fit the track.
        """
        places = self._places(track, stems)
        parts = []
        for stem, file in places.items():
            samples, found = audio.read(file)
            _check(file, track, stem, rate=rate, found=found, channels=len(samples))
            parts.append(samples)
        lengths = tuple(part.shape[1] for part in parts)
        if len(set(lengths)) == 1:
            return Estimate(stems, np.stack(parts))
        filled = np.zeros((len(parts), track.channels, max(lengths)))
        for place, part in zip(filled, parts, strict=True):
            place[:, : part.shape[1]] = part
        return Estimate(stems, filled, lengths=lengths)

    def files(self, track: Track, *, stems: tuple[str, ...], rate: int) -> dict[str, AudioFile]:
        """Return the files themselves by stem, whose headers fit: what `estimate` would read.

        Raises:
            DataError: a file is missing, or its header says that it does not fit the track.
        """
        places = self._places(track, stems)
        for stem, file in places.items():
            about = audio.probe(file)
            _check(file, track, stem, rate=rate, found=about.rate, channels=about.channels)
        return places

    def fingerprint(self, track: Track, *, stems: tuple[str, ...]) -> Mapping[str, str]:
        """Return the SHA-256 of the files that are there; see `Recording.fingerprint`."""
        paths = {stem: self._path(track, stem) for stem in stems}
        found = digests(path for path in paths.values() if path.is_file())
        return {stem: found[path] for stem, path in paths.items() if path in found}

    def _places(self, track: Track, stems: tuple[str, ...]) -> dict[str, AudioFile]:
        """Return the file of each stem, all of which are there."""
        paths = {stem: self._path(track, stem) for stem in stems}
        for stem, path in paths.items():
            if not path.is_file():
                message = (
                    f"track {track.id}: no estimate of {stem!r}; expected {path}, and there is "
                    "no such file"
                )
                raise DataError(message)
        return {stem: AudioFile(path) for stem, path in paths.items()}

    def _path(self, track: Track, stem: str) -> Path:
        return Pattern(self.pattern).path(self.root, track=track.id, stem=stem)


def _check(
    file: AudioFile, track: Track, stem: str, *, rate: int, found: int, channels: int
) -> None:
    """Refuse an estimate of another rate than it is scored at, or of other channels."""
    where = f"estimate of {stem!r} of track {track.id}: {file}"
    if found != rate:
        message = (
            f"{where}: {found} Hz; the references have {rate} Hz (the track's files "
            f"{track.rate} Hz); resample the estimate, or take a protocol at its rate"
        )
        raise DataError(message)
    if channels != track.channels:
        message = f"{where}: {channels} channels; the track has {track.channels}"
        raise DataError(message)
