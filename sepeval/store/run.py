"""A run's folder: where its parts lie, and its manifest."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from sepeval.errors import DamagedError, StoreError
from sepeval.fingerprint import digest
from sepeval.patterns import is_plain_name
from sepeval.protocol import Protocol
from sepeval.store import parts
from sepeval.store.files import write_text
from sepeval.store.manifest import Manifest, TrackRecord, as_text, parse

MANIFEST = "manifest.json"


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
        path = self.scores(protocol)
        table = parts.read_table(path)[0]
        with parts.well_formed(path):
            _check_scores(table)
        return table

    def save(self, manifest: Manifest) -> Run:
        """Write the manifest and return the run that it describes.

        Raises:
            StoreError: it cannot be written.
        """
        write_text(self.folder / MANIFEST, as_text(manifest))
        return Run(self.folder, manifest)

    def part_digests(self, *, under: str = "") -> dict[str, str]:
        """Return the SHA-256 of every part, or of those under a folder, by path in the run."""
        return {
            str(path.relative_to(self.folder)): digest(path)
            for path in sorted((self.folder / under).rglob("*.parquet"))
            if not path.name.startswith(".")
        }


def _check_scores(table: pa.Table) -> None:
    """Raise `ValueError` where a row lacks what it must have, or has a value beside its status."""
    texts = ("track", "stem", "metric", "status", "protocol", "hash")
    lacking = [
        name
        for name in (*texts, "replicate", "start", "stop", "silent", "value")
        if table.column(name).null_count and name not in ("value", "silent")
    ]
    value = table.column("value").cast(pa.float64())
    is_ok = pc.equal(table.column("status").cast(pa.string()), "ok")
    strange = pc.or_(pc.xor(is_ok, value.is_valid()), pc.invert(pc.is_finite(value.fill_null(0))))
    if lacking or pc.any(strange).as_py():
        raise ValueError(
            f"nothing in {lacking}" if lacking else "a value that is none, or no value"
        )


def create(root: Path, manifest: Manifest, *, separator: str) -> Run:
    """Return the run of this identity below `root`: the existing one, or a new, empty one.

    Args:
        root: folder of runs.
        manifest: of the run that is wanted.
        separator: first part of the folder's name.

    Raises:
        StoreError: a folder of that name holds another run, or cannot be written.
    """
    folder = folder_of(root, manifest, separator=separator)
    if (folder / MANIFEST).exists():
        found = open_run(folder)
        if found.manifest.identity != manifest.identity:
            message = (
                f"{folder}: holds a run of another identity; move it away or name another root"
            )
            raise StoreError(message)
        return found
    return Run(folder, manifest).save(manifest)


def folder_of(root: Path, manifest: Manifest, *, separator: str) -> Path:
    """Return where a run of this identity lies below `root`."""
    place = f"{slug(manifest.dataset)}-{slug(manifest.split)}"
    share = manifest.share
    which = "" if share is None else f"--{share.number}of{share.count}"
    return root / f"{slug(separator)}--{place}--{manifest.hash}{which}"


def open_run(folder: Path) -> Run:
    """Return the run in a folder.

    Raises:
        DamagedError: its manifest is not as it was written.
        StoreError: there is none, or its manifest was written with another schema.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = f"{path}: is damaged: {error}; the command that made the run makes it again"
        raise DamagedError(message) from error
    except OSError as error:
        message = f"{folder}: is no run: {path.name} cannot be read: {error}"
        raise StoreError(message) from error
    return Run(folder, parse(text, name=str(path)))


def find_runs(paths: Sequence[Path]) -> tuple[Run, ...]:
    """Return the runs that the paths name: folders of runs, or folders that hold such folders.

    Raises:
        StoreError: a path names no run, or a run cannot be read.
    """
    with _uncollected():
        return tuple(map(open_run, run_folders(paths)))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the search for cycles: manifests have none, and each search would look at all of them.

    Ten thousand runs are opened in a quarter of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def run_folders(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders of the runs that the paths name, whether or not they can be read.

    Raises:
        StoreError: a path names no run.
    """
    found: list[Path] = []
    for path in paths:
        whole = (path / MANIFEST).exists()
        folders = [path] if whole else sorted(one.parent for one in path.glob(f"*/{MANIFEST}"))
        if not folders:
            message = f"{path}: is no run and holds none; runs are made by `sepeval run`"
            raise StoreError(message)
        found += folders
    return tuple(found)


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
