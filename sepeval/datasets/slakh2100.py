"""Slakh2100 in its original layout, mono at 44.1 kHz, one file per source.

    {train,validation,test,omitted}/TrackNNNNN/
        metadata.yaml           which instrument each source is
        mix.flac                the sum of all sources
        stems/Sxx.flac          a source, already at the level it has in the mixture

The track folders may also lie directly in the root, and WAV may stand for FLAC, as in BabySlakh. A
track belongs to a split by its number, whichever folder it lies in. `audio_dir` of the metadata is
not used, because it does not resolve; a source with `audio_rendered: false` has no file.

A stem is the sum of its sources. Sources that belong to none of the four stems are in the mixture
file only, so the mixture file is not the sum of the stems.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from sepeval.datasets.base import (
    DATASETS,
    Dataset,
    contents,
    existing_folder,
    explained,
    faulty_track,
    located,
    track,
    unknown_split,
)
from sepeval.datasets.official import SlakhEdition, slakh2100
from sepeval.errors import DataError
from sepeval.patterns import is_plain_name
from sepeval.texts import read_yaml
from sepeval.types import AudioFile, Index, Track

_FOLDERS = ("train", "validation", "test", "omitted")
_DRUMS = 128  # outside General MIDI: how the metadata number drum kits
_PROGRAMS = {"piano": range(8), "guitar": range(24, 32), "bass": range(32, 40)}


class _Source(BaseModel):
    """What is read of a source's metadata; the other fields decide nothing here."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    audio_rendered: bool
    inst_class: str
    is_drum: bool
    program_num: int


class _Metadata(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    stems: dict[str, _Source]


class _Files(NamedTuple):
    stems: dict[str, tuple[AudioFile, ...]]
    mixture: AudioFile


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("slakh2100")
class Slakh2100(Dataset):
    """Slakh2100, its sources grouped to bass, drums, guitar and piano.

    Attributes:
        root: the folder that holds `train`, `validation` and `test`, or the track folders.
        grouping: what decides a source's stem. `program`: the MIDI program, from 0, where 0-7 is
            piano, 24-31 guitar, 32-39 bass, and a drum kit is drums. `inst_class`: the class of
            that name in the metadata. The two differ for some sources.
        edition: the official list that says which tracks a split has.

    References:
        [1] Manilow, Wichern, Seetharaman, Le Roux. "Cutting music source separation some Slakh",
            WASPAA, 2019.
    """

    summary: ClassVar[str] = "Slakh2100: {split}/TrackNNNNN/{metadata.yaml,mix.flac,stems/}"
    stems: ClassVar[tuple[str, ...]] = ("bass", "drums", "guitar", "piano")
    root: Path
    grouping: Literal["program", "inst_class"]
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
            raise unknown_split("slakh2100", split, self.splits())
        existing_folder(self.root, what="Slakh2100")
        official = slakh2100(self.edition)[split]
        found = located(self.root, official, below=_FOLDERS)
        if not found:
            message = (
                f"{self.root}: expected {split}/TrackNNNNN/metadata.yaml for tracks of "
                f"{self.edition}-{split}, {contents(self.root)}"
            )
            raise DataError(message)
        tracks = tuple(self._track(name, folders, split) for name, folders in found.items())
        choices = {"grouping": self.grouping, "edition": self.edition}
        return Index("slakh2100", split, choices, self.stems, tracks, len(official))

    def _track(self, name: str, folders: list[Path], split: str) -> Track:
        try:
            files = self._files(folders)
        except DataError as error:
            return faulty_track(name, split=split, stems=self.stems, fault=str(error))
        return track(name, split=split, stems=files.stems, mixture=files.mixture)

    def _files(self, folders: list[Path]) -> _Files:
        if len(folders) > 1:
            places = " and ".join(str(folder) for folder in folders)
            raise DataError(f"is there twice, in {places}; remove one")
        (folder,) = folders
        mixture = _mixture(folder)
        sources = _sources(folder / "metadata.yaml")
        stems: dict[str, list[AudioFile]] = {stem: [] for stem in self.stems}
        for name in sorted(sources):
            stem = _stem(sources[name], self.grouping)
            if stem is None or not sources[name].audio_rendered:
                continue
            path = folder / "stems" / f"{name}{mixture.path.suffix}"
            if not path.is_file():
                message = (
                    f"{path}: the metadata say that source {name} of stem {stem} is rendered, and "
                    "there is no such file; copy the track again"
                )
                raise DataError(message)
            stems[stem].append(AudioFile(path))
        return _Files({stem: tuple(files) for stem, files in stems.items()}, mixture)


def _stem(source: _Source, grouping: str) -> str | None:
    """Return the stem that a source belongs to, or None."""
    if grouping == "inst_class":
        stem = source.inst_class.lower()
        return stem if stem in Slakh2100.stems else None
    if source.is_drum or source.program_num == _DRUMS:
        return "drums"
    return next((stem for stem, has in _PROGRAMS.items() if source.program_num in has), None)


def _mixture(folder: Path) -> AudioFile:
    for name in ("mix.flac", "mix.wav"):
        if (folder / name).is_file():
            return AudioFile(folder / name)
    raise DataError(f"{folder}: expected mix.flac, {contents(folder)}; copy the track again")


def _sources(path: Path) -> dict[str, _Source]:
    """Return the sources of a track by name.

    Raises:
        DataError: the metadata are missing, no YAML, or lack a field.
    """
    try:
        sources = _Metadata.model_validate(read_yaml(path, error=DataError)).stems
    except ValidationError as error:
        raise DataError(f"{path}: {explained(error)}") from error
    for name in sources:
        if not is_plain_name(name):
            raise DataError(f"{path}: {name!r} cannot be the name of a source's file")
    return sources
