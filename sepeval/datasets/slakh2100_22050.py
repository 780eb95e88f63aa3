"""Slakh2100 at 22.05 kHz with four stems, as repacked for multi-source diffusion models [1].

    {train,validation,test}/TrackNNNNN/{bass,drums,guitar,piano}.wav

The track folders may also lie directly in the root. There is no mixture file: the mixture is the
sum of the stems. A file that is not there is a stem that is absent from the piece. A track belongs
to a split by its number, whichever folder it lies in; other folders are left out.

References:
    [1] Mariani, Tallini, Postolache, Mancusi, Cosmo, Rodolà. "Multi-source diffusion models for
        simultaneous music generation and separation", ICLR, 2024.
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
    faulty_track,
    located,
    track,
    unknown_split,
)
from sepeval.datasets.official import SlakhEdition, slakh2100
from sepeval.errors import DataError
from sepeval.types import AudioFile, Index, Track

_FOLDERS = ("train", "validation", "test")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("slakh2100_22050")
class Slakh2100Repack(Dataset):
    """The 22.05 kHz four-stem repack of Slakh2100.

    Attributes:
        root: the folder that holds `train`, `validation` and `test`, or the track folders.
        edition: the official list that says which tracks a split has. The repack does not say
            which one it follows.
    """

    summary: ClassVar[str] = "Slakh2100, four stems, 22.05 kHz: {split}/TrackNNNNN/{stem}.wav"
    stems: ClassVar[tuple[str, ...]] = ("bass", "drums", "guitar", "piano")
    root: Path
    edition: SlakhEdition

    def splits(self) -> tuple[str, ...]:
        """Return `train`, `validation` and `test`."""
        return tuple(slakh2100(self.edition))

    def index(self, split: str) -> Index:
        """Return the tracks of a split, sorted by id.

        Raises:
            DataError: the root holds no track of the split.
            UnknownNameError: there is no such split.
        """
        if split not in self.splits():
            raise unknown_split("slakh2100_22050", split, self.splits())
        existing_folder(self.root, what="Slakh2100 at 22.05 kHz")
        official = slakh2100(self.edition)[split]
        found = located(self.root, official, below=_FOLDERS)
        if not found:
            message = (
                f"{self.root}: expected {split}/TrackNNNNN with WAV files per stem for tracks of "
                f"{self.edition}-{split}, {contents(self.root)}"
            )
            raise DataError(message)
        tracks = tuple(self._track(name, folders, split) for name, folders in found.items())
        choices = {"edition": self.edition}
        return Index("slakh2100_22050", split, choices, self.stems, tracks, len(official))

    def _track(self, name: str, folders: list[Path], split: str) -> Track:
        if len(folders) > 1:
            places = " and ".join(str(folder) for folder in folders)
            fault = f"is there twice, in {places}; remove one"
            return faulty_track(name, split=split, stems=self.stems, fault=fault)
        paths = {stem: folders[0] / f"{stem}.wav" for stem in self.stems}
        stems = {  # a link to nowhere is a fault, not an absent stem
            stem: (AudioFile(path),) if path.exists() or path.is_symlink() else ()
            for stem, path in paths.items()
        }
        return track(name, split=split, stems=stems, mixture=None)
