"""A run's folder: where its parts lie, and its manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pydantic import ValidationError

from sepeval.errors import StoreError
from sepeval.fingerprint import digest
from sepeval.patterns import is_plain_name
from sepeval.protocol import Protocol
from sepeval.store import parts
from sepeval.store.files import write_text
from sepeval.store.manifest import SCHEMA, Manifest, TrackRecord, parse

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Run:
    """A run on disk.

    Attributes:
        folder: of the run.
        manifest: as it was when the run was opened.
    """

    folder: Path
    manifest: Manifest

    def cells(self, layout: str, track: TrackRecord) -> Path:
        """Return the path of a track's statistics."""
        return self.folder / "cells" / layout / f"{file_name(track)}.parquet"

    def measured(self, key: str, track: TrackRecord) -> Path:
        """Return the path of what a signal metric stored for a track."""
        return self.folder / "measured" / key / f"{file_name(track)}.parquet"

    def timings(self, track: TrackRecord) -> Path:
        """Return the path of a track's timings."""
        return self.folder / "timings" / f"{file_name(track)}.parquet"

    def estimates(self, track: TrackRecord) -> Path:
        """Return the folder of a track's estimates."""
        return self.folder / "estimates" / folder_name(track.id)

    def scores(self, protocol: str) -> Path:
        """Return the path of the scores under a protocol, by its id."""
        return self.folder / "scores" / f"{protocol}.parquet"

    def protocol(self, name: str) -> Protocol:
        """Return the protocol that the run was scored under, by id or by name.

        Raises:
            StoreError: the run has no scores under it.
        """
        for known, document in self.manifest.protocols.items():
            if name in (known, known.rpartition(".v")[0]):
                return self._document(known, document)
        known_ids = ", ".join(self.manifest.protocols) or "none"
        raise StoreError(f"{self.folder}: has no scores under {name!r}; it has {known_ids}")

    def _document(self, name: str, document: object) -> Protocol:
        try:
            return Protocol.model_validate(document)
        except ValidationError as error:
            made = self.manifest.environment.get("sepeval")
            fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
            message = (
                f"{self.folder}: {name} is written as sepeval {made} understood it; this version "
                f"finds fault with {fields}; score the audio again into another folder"
            )
            raise StoreError(message) from error

    def read_scores(self, protocol: str) -> pa.Table:
        """Return the score table of a protocol, by its id.

        Raises:
            StoreError: it is missing or damaged.
        """
        return parts.read_table(self.scores(protocol))[0]

    def save(self, manifest: Manifest) -> Run:
        """Write the manifest and return the run that it describes.

        Raises:
            StoreError: it cannot be written.
        """
        text = manifest.model_dump_json(indent=1)
        write_text(self.folder / _MANIFEST, text + "\n")
        return Run(self.folder, manifest)

    def part_digests(self) -> dict[str, str]:
        """Return the SHA-256 of every part by its path inside the run."""
        return {
            str(path.relative_to(self.folder)): digest(path)
            for path in sorted(self.folder.rglob("*.parquet"))
            if not path.name.startswith(".")
        }


def create(root: Path, manifest: Manifest, *, separator: str) -> Run:
    """Return the run of this identity below `root`: the existing one, or a new, empty one.

    Args:
        root: folder of runs.
        manifest: of the run that is wanted.
        separator: first part of the folder's name.

    Raises:
        StoreError: a folder of that name holds another run, or cannot be written.
    """
    name = f"{slug(separator)}--{slug(manifest.dataset)}-{slug(manifest.split)}--{manifest.hash}"
    folder = root / name
    if (folder / _MANIFEST).exists():
        found = open_run(folder)
        if found.manifest.identity != manifest.identity:
            message = (
                f"{folder}: holds a run of another identity; move it away or name another root"
            )
            raise StoreError(message)
        return found
    return Run(folder, manifest).save(manifest)


def open_run(folder: Path) -> Run:
    """Return the run in a folder.

    Raises:
        StoreError: there is none, or its manifest is damaged or of another version.
    """
    path = folder / _MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{folder}: is no run: {path.name} cannot be read: {error}"
        raise StoreError(message) from error
    manifest = parse(text, name=str(path))
    if manifest.schema_version != SCHEMA:
        message = (
            f"{path}: was written with schema {manifest.schema_version}; this sepeval reads "
            f"schema {SCHEMA}"
        )
        raise StoreError(message)
    return Run(folder, manifest)


def find_runs(paths: list[Path]) -> tuple[Run, ...]:
    """Return the runs that the paths name: folders of runs, or folders that hold such folders.

    Raises:
        StoreError: a path names no run.
    """
    found: list[Run] = []
    for path in paths:
        folders = [path] if (path / _MANIFEST).exists() else sorted(_below(path))
        if not folders:
            message = f"{path}: is no run and holds none; runs are made by `sepeval run`"
            raise StoreError(message)
        found += [open_run(folder) for folder in folders]
    return tuple(found)


def _below(path: Path) -> Iterator[Path]:
    return (manifest.parent for manifest in path.glob(f"*/{_MANIFEST}"))


def folder_name(track: str) -> str:
    """Return the name of a track's folder of estimates: its id, if that can name a folder.

    Example:
        >>> folder_name("Music Delta - 80s Rock"), folder_name("a/b")
        ('Music Delta - 80s Rock', 'a_b')
    """
    fits = is_plain_name(track) and len(track.encode()) < 200
    return track if fits else slug(track)


def slug(text: str) -> str:
    """Return a text that is safe as a file name.

    Example:
        >>> slug("AC/DC - Über: 1")
        'AC_DC_-__ber__1'
    """
    return re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".")[:120] or "_"


def file_name(track: TrackRecord | Mapping[str, object]) -> str:
    """Return `<nnnn>-<track>`, unique in a run."""
    record = track if isinstance(track, TrackRecord) else TrackRecord.model_validate(track)
    return f"{record.number:04d}-{slug(record.id)}"
