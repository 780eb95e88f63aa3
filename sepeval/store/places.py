"""Where the audio of a run lay when it was made: beside its identity, and part of no hash.

    places.json      files of references, mixture and estimates by track, each with its SHA-256

A file is used again only if it is still there and still holds the same bytes. Paths inside the run
are relative to its folder, so that kept estimates move with it. A run without this file was made
elsewhere, or before it was written; the command that made it writes it when it is given again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sepeval.errors import DamagedError, StoreError
from sepeval.fingerprint import digests
from sepeval.store.files import unreadable, write_text
from sepeval.store.run import PLACES
from sepeval.store.sealed import refuse_unnamed, seal_text, unsealed
from sepeval.types import AudioFile, Track

SCHEMA = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Place(_Record):
    """One audio file.

    Attributes:
        path: absolute, or below the folder of the run.
        sha256: of its bytes, when the run was made.
        stream: of the container; None for a file with one stream.
    """

    path: str
    sha256: str
    stream: int | None = None

    def file(self, run: Path) -> AudioFile:
        """Return the file, for a run in that folder."""
        return AudioFile(run / self.path, self.stream)


class TrackPlaces(_Record):
    """The files of one track.

    Attributes:
        rate: of the references, in Hz.
        channels: of the references.
        length: of the longest reference, in samples.
        stems: the files that are summed to each of the dataset's stems.
        mixture: None where the mixture is the sum of the stems.
        estimates: by stem; empty where the separator's output was not kept.
    """

    rate: int
    channels: int
    length: int
    stems: dict[str, list[Place]]
    mixture: Place | None
    estimates: dict[str, Place]

    def track(self, name: str, split: str, run: Path) -> Track:
        """Return the track as a dataset adapter would: its files, not yet read."""
        return Track(
            id=name,
            split=split,
            rate=self.rate,
            channels=self.channels,
            length=self.length,
            stems={
                stem: tuple(place.file(run) for place in files)
                for stem, files in self.stems.items()
            },
            mixture=None if self.mixture is None else self.mixture.file(run),
            missing=tuple(sorted(stem for stem, files in self.stems.items() if not files)),
        )

    @property
    def references(self) -> tuple[Place, ...]:
        """All files of references and mixture."""
        mixture = () if self.mixture is None else (self.mixture,)
        return (*(one for files in self.stems.values() for one in files), *mixture)


class Places(_Record):
    """The files of a run.

    Attributes:
        schema_version: of this record.
        tracks: by id; tracks that could not be read are not there.
    """

    schema_version: int
    tracks: dict[str, TrackPlaces]


def write_places(run: Path, tracks: Mapping[str, TrackPlaces]) -> None:
    """Write where the files of a run in that folder lie.

    Raises:
        StoreError: it cannot be written.
    """
    document = Places(schema_version=SCHEMA, tracks=dict(tracks))
    write_text(run / PLACES, seal_text(document.model_dump_json(indent=1)))


def read_places(run: Path, *, named: str = "") -> Places | None:
    """Return where the files of a run lay; None where the run does not say.

    Args:
        run: its folder.
        named: SHA-256 of the file that the run was finished with; empty if none is known.

    Raises:
        DamagedError: it is not as it was written.
        StoreError: it was written with another schema.
    """
    path = run / PLACES
    try:
        if not path.is_symlink() and not path.exists():
            return None
        data = path.read_bytes()
        refuse_unnamed(hashlib.sha256(data).hexdigest(), path, named)
        text = unsealed(data.decode("utf-8"), str(path))
        found = Places.model_validate_json(text)
    except OSError as error:
        raise DamagedError(str(unreadable(error, path))) from error
    except (UnicodeDecodeError, ValidationError) as error:
        message = f"{path}: is damaged; the command that made the run makes it again"
        raise DamagedError(message) from error
    if found.schema_version != SCHEMA:
        message = (
            f"{path}: was written with schema {found.schema_version}; this sepeval reads schema "
            f"{SCHEMA}"
        )
        raise StoreError(message)
    return found


def changed(places: Iterable[Place], run: Path) -> dict[str, str]:
    """Return what became of the files that are not as they were: `gone` or `changed`, by path."""
    wanted = {(run / place.path): place for place in places}
    there = digests(path for path in wanted if path.is_file())
    return {
        str(path): "gone" if path not in there else "changed"
        for path, place in wanted.items()
        if there.get(path) != place.sha256
    }
