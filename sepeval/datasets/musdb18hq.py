"""MUSDB18-HQ, stereo WAV at 44.1 kHz.

    {train,test}/{track}/{mixture,drums,bass,other,vocals}.wav

`validation` is the 14 tracks of the folder `train` that the authors name, and
`train-without-validation` the other 86. Every official track has all five files, so a track that
lacks one is a broken copy and not a track without that stem.
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
    entries,
    existing_folder,
    track,
    unknown_split,
)
from sepeval.datasets.official import MUSDB18, in_musdb18
from sepeval.errors import DataError
from sepeval.types import AudioFile, Index, Track

_MIXTURE = "mixture.wav"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("musdb18hq")
class Musdb18HQ(Dataset):
    """MUSDB18-HQ, a folder of WAV files per track.

    Attributes:
        root: the folder that holds `train` and `test`.

    References:
        [1] Rafii, Liutkus, Stöter, Mimilakis, Bittner. "MUSDB18-HQ", Zenodo 3338373, 2019.
    """

    summary: ClassVar[str] = "MUSDB18-HQ: {train,test}/{track}/{mixture,drums,...}.wav"
    stems: ClassVar[tuple[str, ...]] = ("vocals", "drums", "bass", "other")
    root: Path

    def splits(self) -> tuple[str, ...]:
        """Return the two folders and the two parts of `train`."""
        return tuple(MUSDB18)

    def index(self, split: str) -> Index:
        """Return the tracks of a split, sorted by id, which is the folder's name.

        Raises:
            DataError: there is no such folder, or no track of the split is in it.
            UnknownNameError: there is no such split.
        """
        if split not in self.splits():
            raise unknown_split("musdb18hq", split, self.splits())
        existing_folder(self.root, what="MUSDB18-HQ")
        folder = self.root / MUSDB18[split].folder
        if not folder.is_dir():
            message = (
                f"{self.root}: expected the folders 'train' and 'test' of MUSDB18-HQ, "
                f"{contents(self.root)}"
            )
            raise DataError(message)
        tracks = tuple(
            self._track(one, split)
            for one in entries(folder)
            if one.is_dir() and in_musdb18(one.name, split)
        )
        if not tracks:
            hint = "; .stem.mp4 files are read by the dataset 'musdb18'"
            message = (
                f"{folder}: expected a folder with WAV files for each track of {split!r}, "
                f"{contents(folder)}{hint if any(folder.glob('*.stem.mp4')) else ''}"
            )
            raise DataError(message)
        return Index("musdb18hq", split, {}, self.stems, tracks, MUSDB18[split].expected)

    def _track(self, folder: Path, split: str) -> Track:
        wanted = [_MIXTURE, *(f"{stem}.wav" for stem in self.stems)]
        absent = [name for name in wanted if not (folder / name).is_file()]
        fault = (
            f"{folder}: lacks {', '.join(absent)}; every track of MUSDB18-HQ has five files, so "
            "copy it again"
        )
        stems = {
            stem: () if f"{stem}.wav" in absent else (AudioFile(folder / f"{stem}.wav"),)
            for stem in self.stems
        }
        return track(
            folder.name,
            split=split,
            stems=stems,
            mixture=None if _MIXTURE in absent else AudioFile(folder / _MIXTURE),
            fault=fault if absent else "",
        )
