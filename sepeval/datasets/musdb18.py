"""MUSDB18, stereo AAC at 44.1 kHz, five streams in one file.

    {train,test}/{track}.stem.mp4       streams: 0 mixture, 1 drums, 2 bass, 3 other, 4 vocals

The seven-second excerpts of MUSDB18-7-SAMPLE have the same layout and names. The mixture was
encoded by itself, so it is not exactly the sum of the stems. `validation` is the 14 tracks of the
folder `train` that the authors name, and `train-without-validation` the other 86.

`from_musdb` takes what the package musdb has listed. The audio is read here and not through musdb,
which needs an ffmpeg program; length and position are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval.datasets.base import (
    DATASETS,
    Dataset,
    Selection,
    contents,
    entries,
    existing_folder,
    track,
    unknown_split,
)
from sepeval.datasets.official import MUSDB18, in_musdb18
from sepeval.errors import DataError
from sepeval.types import AudioFile, Index, Track

_ENDING = ".stem.mp4"
_STREAMS = {"vocals": 4, "drums": 1, "bass": 2, "other": 3}
_MIXTURE_STREAM = 0
_RATE = 44100  # Hz, of all official tracks


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("musdb18")
class Musdb18(Dataset):
    """MUSDB18, one `.stem.mp4` file per track.

    Attributes:
        root: the folder that holds `train` and `test`.

    References:
        [1] Rafii, Liutkus, Stöter, Mimilakis, Bittner. "The MUSDB18 corpus for music
            separation", Zenodo 1117372, 2017.
    """

    summary: ClassVar[str] = "MUSDB18: {train,test}/{track}.stem.mp4 with five streams"
    stems: ClassVar[tuple[str, ...]] = tuple(_STREAMS)
    root: Path

    def splits(self) -> tuple[str, ...]:
        """Return the two folders and the two parts of `train`."""
        return tuple(MUSDB18)

    def index(self, split: str) -> Index:
        """Return the tracks of a split, sorted by id, which is the file's name without its ending.

        Raises:
            DataError: there is no such folder, or no track of the split is in it.
            UnknownNameError: there is no such split.
        """
        if split not in self.splits():
            raise unknown_split("musdb18", split, self.splits())
        existing_folder(self.root, what="MUSDB18")
        folder = self.root / MUSDB18[split].folder
        if not folder.is_dir():
            message = (
                f"{self.root}: expected the folders 'train' and 'test' of MUSDB18, "
                f"{contents(self.root)}"
            )
            raise DataError(message)
        files = {one.name.removesuffix(_ENDING): one for one in entries(folder) if _is_track(one)}
        tracks = tuple(
            _track(name, files[name], split) for name in sorted(files) if in_musdb18(name, split)
        )
        if not tracks:
            hint = "; folders of WAV files are read by the dataset 'musdb18hq'"
            message = (
                f"{folder}: expected a {_ENDING} file for each track of {split!r}, "
                f"{contents(folder)}{hint if any(folder.glob('*/mixture.wav')) else ''}"
            )
            raise DataError(message)
        return Index("musdb18", split, {}, self.stems, tracks, MUSDB18[split].expected)


def _is_track(path: Path) -> bool:
    return path.name.endswith(_ENDING) and path.name != _ENDING and path.is_file()


def _track(name: str, path: Path, split: str) -> Track:
    stems = {stem: (AudioFile(path, stream),) for stem, stream in _STREAMS.items()}
    return track(name, split=split, stems=stems, mixture=AudioFile(path, _MIXTURE_STREAM))


class MusdbTrack(Protocol):
    """What is asked of a track of the package musdb (`musdb.audio_classes.MultiTrack`)."""

    @property
    def path(self) -> str:
        """The `.stem.mp4` file, or the mixture's WAV file."""

    @property
    def name(self) -> str:
        """The track's name."""

    @property
    def is_wav(self) -> bool:
        """Whether it is a folder of WAV files."""

    @property
    def chunk_start(self) -> float:
        """Start of the excerpt that musdb would read, in s."""

    @property
    def chunk_duration(self) -> float | None:
        """Length of the excerpt in s; None for the rest of the track."""

    @property
    def sample_rate(self) -> float | None:
        """Rate in Hz that musdb would resample to; None for the track's own."""


class MusdbDatabase(Protocol):
    """What is asked of a `musdb.DB`."""

    @property
    def tracks(self) -> Sequence[MusdbTrack]:
        """The tracks that it has listed."""


def from_musdb(source: MusdbDatabase | Sequence[MusdbTrack]) -> Selection:
    """Return the dataset of a `musdb.DB` object, or of some of its tracks.

    The result is `musdb18`, or `musdb18hq` if the tracks are folders of WAV files, cut down to
    the tracks given; its index equals that of the adapter for the same tracks.

    Args:
        source: the database or a sequence of its tracks. Nothing is decoded through them.

    Raises:
        DataError: there are no tracks, they are of several databases or kinds, or they are set to
            an excerpt or to another rate, which would not be read here.
    """
    tracks = list(source if isinstance(source, Sequence) else source.tracks)
    if not tracks:
        raise DataError("musdb: expected tracks, found none; is its root the right folder?")
    for one in tracks:
        _refuse_cut(one)
    places = {(one.is_wav, _root(one)) for one in tracks}
    if len(places) > 1:
        roots = ", ".join(sorted({str(root) for _, root in places}))
        message = f"musdb: expected tracks of one database and kind, found several: {roots}"
        raise DataError(message)
    ((is_wav, root),) = places
    adapter = DATASETS.get("musdb18hq" if is_wav else "musdb18")
    whole = adapter(root=root)  # type: ignore[call-arg]  # the ABC cannot know the fields
    return Selection(whole, tuple(sorted(one.name for one in tracks)))


def _refuse_cut(one: MusdbTrack) -> None:
    if one.chunk_start or one.chunk_duration is not None:
        message = (
            f"musdb track {one.name}: is set to an excerpt ({one.chunk_start} s, "
            f"{one.chunk_duration} s long); expected chunk_start 0 and chunk_duration None"
        )
        raise DataError(message)
    if one.sample_rate not in {None, _RATE}:
        message = (
            f"musdb track {one.name}: is set to be resampled to {one.sample_rate} Hz; "
            "expected sample_rate None"
        )
        raise DataError(message)


def _root(one: MusdbTrack) -> Path:
    """Return the folder above `train` and `test`."""
    path = Path(one.path)
    place = path.parent if one.is_wav else path.with_name(path.name.removesuffix(_ENDING))
    if place.name != one.name or (not one.is_wav and not path.name.endswith(_ENDING)):
        expected = f"{one.name}/mixture.wav" if one.is_wav else f"{one.name}{_ENDING}"
        message = f"musdb track {one.name}: expected its file to be {expected}, found {path}"
        raise DataError(message)
    return place.parent.parent
