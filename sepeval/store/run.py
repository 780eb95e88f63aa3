"""A run's folder: where its parts lie, and its manifest."""

from __future__ import annotations

import errno
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
from sepeval.fingerprint import digest, digests
from sepeval.patterns import is_plain_name
from sepeval.protocol import Protocol
from sepeval.store import parts
from sepeval.store.files import UNFINISHED, unreadable, write_text
from sepeval.store.manifest import Manifest, TrackRecord, as_text, parse
from sepeval.types import Array

MANIFEST = "manifest.json"
PLACES = "places.json"
ESTIMATES = "estimates"


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
        return self.folder / ESTIMATES / folder_name(track.id)

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
        table = self.read_table(path)[0]
        with parts.well_formed(path):
            _check_scores(table)
        return table

    def read_cells(self, layout: str, track: TrackRecord) -> parts.Cells:
        """Return the statistics of a track; see `read_table`."""
        return parts.read_cells(self.cells(layout, track), read=self.read_table)

    def read_measured(self, key: str, track: TrackRecord) -> tuple[dict[str, Array], ...]:
        """Return what a signal metric stored for a track; see `read_table`."""
        return parts.read_measured(self.measured(key, track), read=self.read_table)

    def read_table(self, path: Path) -> parts.Table:
        """Return a part of this run and its facts, if it is the one that belongs there.

        Of a complete run only the file that the manifest names is accepted; of any run only one
        that was written for this run and this place.

        Raises:
            DamagedError: it is not as it was written, or is another file.
            StoreError: it is missing, or written with another schema.
        """
        name = path.relative_to(self.folder).as_posix()
        return read_part(self.folder, name, run=self.manifest.hash, named=self.named(name))

    def named(self, name: str) -> str:
        """Return the SHA-256 that a complete run was finished with, of a file; empty if none."""
        return self.manifest.parts.get(name, "") if self.manifest.status == "complete" else ""

    def origin(self, path: Path) -> dict[str, object]:
        """Return the facts of a part that say where it belongs."""
        return {"run": self.manifest.hash, "part": path.relative_to(self.folder).as_posix()}

    def save(self, manifest: Manifest) -> Run:
        """Write the manifest and return the run that it describes.

        Raises:
            StoreError: it cannot be written.
        """
        write_text(self.folder / MANIFEST, as_text(manifest))
        return Run(self.folder, manifest)

    def part_digests(self, *, under: str = "") -> dict[str, str]:
        """Return the SHA-256 of every part, or of the tables under a folder, by path in the run.

        Besides the tables the parts are the places and the estimates that were kept.
        """
        tables = sorted((self.folder / under).rglob("*.parquet"))
        for path in tables:
            if path.is_dir():
                raise unreadable(IsADirectoryError(errno.EISDIR, ""), path)
        found = {path: digest(path) for path in tables if not path.name.startswith(".")}
        if not under:
            kept = (self.folder / ESTIMATES).rglob("*.wav")
            files = [path for path in kept if f"/{UNFINISHED}" not in path.as_posix()]
            found |= digests([*files, *self.folder.glob(PLACES)])
        return {path.relative_to(self.folder).as_posix(): one for path, one in found.items()}


def read_part(folder: Path, name: str, *, run: str, named: str = "") -> parts.Table:
    """Return a part of the run in a folder, and its facts; see `Run.read_table`.

    Args:
        folder: of the run.
        name: path of the part in it.
        run: hash of the run's identity.
        named: SHA-256 of the part where the run is complete.
    """
    path = folder / name
    table, facts = parts.read_table(path, named=named)
    room, _, file = name.partition("/")
    expected, found = name, facts.get("part", name)
    if facts.get("run", run) != run:
        expected, found = f"a part of run {run}", f"one of run {facts['run']}"
    elif room != "scores" and "track" in facts:
        stem = Path(file).stem.partition("-")[2]
        if slug(str(facts["track"])) != stem:
            expected, found = f"a part of {stem!r}", f"one of {facts['track']!r}"
    if found != expected:
        message = (
            f"{path}: is another part: expected {expected}, found {found}; move it out of the run, "
            "and the command that made the run makes it again"
        )
        raise DamagedError(message)
    return table, facts


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


def hash_in(folder: Path, *, default: str = "") -> str:
    """Return the hash of a run's identity that its folder's name tells."""
    words = folder.name.split("--")[2:]
    return next((one for one in words if len(one) == 8), default)


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
        raise StoreError(f"{folder}: is no run: {unreadable(error, path)}") from error
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
            why = "runs are made by `sepeval run`" if path.exists() else "there is no such folder"
            raise StoreError(f"{path}: is no run and holds none; {why}")
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
