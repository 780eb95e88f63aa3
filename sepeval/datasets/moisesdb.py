"""MoisesDB, stereo at 44.1 kHz, one file per source.

    {provider}/{uuid}/data.json             which source belongs to which of eleven stems
    {provider}/{uuid}/{stemName}/{id}.{extension}

The eleven stems are grouped to four: vocals, bass and drums stay, all others are summed to `other`,
percussion included. MUSDB18 often has percussion in its drums, so the two datasets differ here.

Many tracks lack a stem. They stay in the index with the stem in `missing`; the published benchmark
leaves them out and has 235 tracks. Sources of a track differ in length. There is no mixture file:
the mixture is the sum of the stems. The authors name no splits, so there is one, `all`.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from sepeval.datasets.base import (
    DATASETS,
    Dataset,
    contents,
    entries,
    existing_folder,
    explained,
    faulty_track,
    track,
    unknown_split,
)
from sepeval.errors import DataError
from sepeval.patterns import is_plain_name
from sepeval.texts import read_json
from sepeval.types import AudioFile, Index, Track

_EXPECTED = 240  # tracks
_KEPT = ("vocals", "bass", "drums")
_OTHER = (
    *("other", "guitar", "other_plucked", "percussion", "piano", "other_keys", "bowed_strings"),
    "wind",
)


class _Source(BaseModel):
    """What is read of a source; the other fields decide nothing here."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    id: str
    extension: str


class _Stem(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    stemName: str  # noqa: N815 - the key of the document
    tracks: list[_Source]


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    stems: list[_Stem]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("moisesdb")
class MoisesDB(Dataset):
    """MoisesDB, its eleven stems grouped to vocals, bass, drums and other.

    Attributes:
        root: the folder that holds the providers' folders.
        grouping: `four_stems`: everything but vocals, bass and drums is other; percussion too.

    References:
        [1] Pereira, Araújo, Korzeniowski, Vogl. "MoisesDB: a dataset for source separation beyond
            4-stems", ISMIR, 2023.
    """

    summary: ClassVar[str] = "MoisesDB: {provider}/{uuid}/{data.json,{stem}/{source}.wav}"
    stems: ClassVar[tuple[str, ...]] = ("vocals", "bass", "drums", "other")
    root: Path
    grouping: Literal["four_stems"]

    def splits(self) -> tuple[str, ...]:
        """Return `all`, the only split."""
        return ("all",)

    def index(self, split: str) -> Index:
        """Return all tracks, sorted by id, which is the UUID.

        Raises:
            DataError: the root holds no track.
            UnknownNameError: there is no such split.
        """
        if split not in self.splits():
            raise unknown_split("moisesdb", split, self.splits())
        existing_folder(self.root, what="MoisesDB")
        folders: dict[str, list[Path]] = {}
        for provider in (one for one in entries(self.root) if one.is_dir()):
            for folder in entries(provider):
                if (folder / "data.json").is_file():
                    folders.setdefault(folder.name, []).append(folder)
        if not folders:
            inside = any(self.root.glob("*/data.json"))
            hint = "; it seems to be one provider's folder: give the one above it" if inside else ""
            message = (
                f"{self.root}: expected provider/uuid/data.json for each track, "
                f"{contents(self.root)}{hint}"
            )
            raise DataError(message)
        tracks = tuple(self._track(name, folders[name], split) for name in sorted(folders))
        return Index("moisesdb", split, {"grouping": self.grouping}, self.stems, tracks, _EXPECTED)

    def _track(self, name: str, folders: list[Path], split: str) -> Track:
        try:
            stems = self._files(folders)
        except DataError as error:
            return faulty_track(name, split=split, stems=self.stems, fault=str(error))
        return track(name, split=split, stems=stems, mixture=None)

    def _files(self, folders: list[Path]) -> dict[str, tuple[AudioFile, ...]]:
        if len(folders) > 1:
            places = " and ".join(str(folder) for folder in folders)
            raise DataError(f"is there twice, in {places}; remove one")
        (folder,) = folders
        stems: dict[str, list[AudioFile]] = {stem: [] for stem in self.stems}
        for stem in _document(folder / "data.json").stems:
            group = _group(folder / "data.json", stem.stemName)
            stems[group] += [_file(folder, stem.stemName, source) for source in stem.tracks]
        return {stem: tuple(files) for stem, files in stems.items()}


def _group(document: Path, name: str) -> str:
    """Return which of the four stems a stem of the dataset belongs to.

    Raises:
        DataError: it is none of the eleven, so that nobody knows where it belongs.
    """
    if name in _KEPT:
        return name
    if name not in _OTHER:
        known = ", ".join((*_KEPT, *_OTHER))
        raise DataError(f"{document}: no stem of MoisesDB is named {name!r}; known: {known}")
    return "other"


def _file(folder: Path, stem: str, source: _Source) -> AudioFile:
    """Return the file of a source.

    Raises:
        DataError: it is not there, or its name would lead out of the track's folder.
    """
    name = f"{source.id}.{source.extension}"
    if not is_plain_name(name):
        message = f"{folder / 'data.json'}: stem {stem}: {name!r} cannot be the name of a file"
        raise DataError(message)
    path = folder / stem / name
    if not path.is_file():
        message = (
            f"{path}: data.json names this source of stem {stem}, and there is no such file; copy "
            "the track again"
        )
        raise DataError(message)
    return AudioFile(path)


def _document(path: Path) -> _Document:
    try:
        return _Document.model_validate(read_json(path, error=DataError))
    except ValidationError as error:
        raise DataError(f"{path}: {explained(error)}") from error
