"""Any folder of tracks, described by patterns.

For example, a folder with files such as `original/original_bass_7.wav` and
`original/Mixture_audio_7.wav` is described by

    references="original/original_{stem}_{track}.wav"
    mixture="original/Mixture_audio_{track}.wav"
    stems=("bass", "drums", "guitar", "piano")

`sepeval.patterns` says what a pattern matches. A stem that other tracks have and one has not is
absent from that one. Without a pattern for the mixture it is the sum of the stems. There is one
split, `all`, and nobody knows how many tracks it should have.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval.datasets.base import (
    DATASETS,
    Dataset,
    contents,
    existing_folder,
    track,
    unknown_split,
)
from sepeval.errors import DataError
from sepeval.patterns import Pattern, is_plain_name
from sepeval.types import AudioFile, Index, Track

SUM_OF_STEMS = "the sum of the stems"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("folder")
class Folder(Dataset):
    """A folder in which patterns find the references and the mixtures.

    Attributes:
        root: the folder that the patterns start from.
        references: pattern with `{stem}`, and with `{track}` unless there is one track only.
        mixture: pattern without `{stem}`; None where the mixture is the sum of the stems.
        stems: the stems, in the order wanted. Files of other stems are left out.

    Raises:
        DataError: a pattern is malformed, or the stems are none, repeated or no plain names.
    """

    summary: ClassVar[str] = "any folder: patterns such as {track}/{stem}.wav"
    root: Path
    references: str
    mixture: str | None
    stems: tuple[str, ...]  # type: ignore[misc]  # here the stems are a choice, not the class's

    def __post_init__(self) -> None:
        problems = []
        if not Pattern(self.references).has_stem:
            problems.append(f"references {self.references!r}: expected a {{stem}} in the pattern")
        if self.mixture is not None and Pattern(self.mixture).has_stem:
            problems.append(f"mixture {self.mixture!r}: expected no {{stem}} in the pattern")
        patterns = [Pattern(one) for one in (self.references, self.mixture) if one]
        if len({pattern.has_track for pattern in patterns}) > 1:
            problems.append("{track} must be in both patterns, or in neither for a single track")
        if not self.stems or len(set(self.stems)) < len(self.stems):
            problems.append(f"stems: expected different names, found {self.stems!r}")
        problems += [
            f"stems: {stem!r} cannot be part of a file name"
            for stem in self.stems
            if not is_plain_name(stem)
        ]
        if problems:
            raise DataError("; ".join(problems))

    def splits(self) -> tuple[str, ...]:
        """Return `all`, the only split."""
        return ("all",)

    def index(self, split: str) -> Index:
        """Return all tracks that the patterns find, sorted by id.

        Raises:
            DataError: the root is no folder, or a pattern or a stem has no file at all.
            UnknownNameError: there is no such split.
        """
        if split not in self.splits():
            raise unknown_split("folder", split, self.splits())
        existing_folder(self.root, what="the references")
        references = self._references()
        mixtures = self._mixtures()
        tracks = tuple(
            self._track(name, references.get(name, {}), mixtures.get(name), split)
            for name in sorted(references.keys() | mixtures.keys())
        )
        choices = {
            "mixture": "files" if self.mixture else SUM_OF_STEMS,
            "stems": ", ".join(self.stems),
        }
        return Index("folder", split, choices, self.stems, tracks, None)

    def _references(self) -> dict[str, dict[str, AudioFile]]:
        """Return the file of each stem of each track.

        Raises:
            DataError: a stem has no file in any track, which is a wrong name and not a silence.
        """
        pattern = Pattern(self.references)
        found: dict[str, dict[str, AudioFile]] = {}
        for one in pattern.find(self.root, stems=self.stems):
            found.setdefault(one.track, {})[str(one.stem)] = AudioFile(one.path)
        unseen = [stem for stem in self.stems if not any(stem in files for files in found.values())]
        if unseen:
            others = sorted({str(one.stem) for one in pattern.find(self.root)} - set(self.stems))
            hint = f"; other stems there: {', '.join(others[:8])}" if others else ""
            message = (
                f"{self.root}: expected files that fit {self.references!r} for stem "
                f"{' and '.join(unseen)}, found none in any track; {contents(self.root)}{hint}"
            )
            raise DataError(message)
        return found

    def _mixtures(self) -> dict[str, AudioFile]:
        if self.mixture is None:
            return {}
        matches = Pattern(self.mixture).find(self.root)
        if not matches:
            message = (
                f"{self.root}: expected mixture files that fit {self.mixture!r}, found none; "
                f"{contents(self.root)}"
            )
            raise DataError(message)
        return {one.track: AudioFile(one.path) for one in matches}

    def _track(
        self, name: str, references: dict[str, AudioFile], mixture: AudioFile | None, split: str
    ) -> Track:
        fault = ""
        if not references:
            fault = f"{mixture}: is a mixture, and no file fits {self.references!r}"
        elif self.mixture is not None and mixture is None:
            wanted = Pattern(self.mixture).path(self.root, track=name)
            fault = f"{wanted}: expected the mixture, and there is no such file"
        stems = {stem: (references[stem],) if stem in references else () for stem in self.stems}
        return track(name, split=split, stems=stems, mixture=mixture, fault=fault)
