"""Is a run what it says it is: every checksum, the identity, every part, every score.

Nothing is written, and nothing outside the run's folder is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from sepeval.errors import DataError, ProtocolError, SepevalError, StoreError, UnknownNameError
from sepeval.fingerprint import digest
from sepeval.protocol.library import checksums
from sepeval.runner.continuing import protocols_of, view_of
from sepeval.runner.rescoring import facts_of, score_table
from sepeval.store import Run, open_run, parts
from sepeval.store.files import UNFINISHED
from sepeval.store.manifest import environment, metric_records
from sepeval.store.places import read_places
from sepeval.store.run import ESTIMATES, PLACES, file_name, hash_in, read_part
from sepeval.store.sealed import SCHEMA

_AGAIN = "give the command that made the run again: it makes this part again"
_RESCORE = "score it again from its statistics: sepeval rescore"
_FOREIGN = "move it out of the run"
_BROKEN_OFF = (
    "give the command that was broken off again: it removes this (or wait, if it still works)"
)
_ABSENT = "the files can be whole: put it there and verify again; --quick compares checksums alone"
_ROUNDING = 1e-9  # dB that other packages or another machine may move a score


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it should be.

    Attributes:
        file: path, or what of the run.
        expected: what should be there.
        found: what is there.
        way_out: what to do.
    """

    file: str
    expected: str
    found: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.file}: expected {self.expected}, found {self.found}; {self.way_out}"


@dataclass(frozen=True)
class Verified:
    """What was checked of a run, and what is wrong with it.

    Attributes:
        folder: of the run.
        files: whose bytes were compared with a checksum.
        scores: tables of scores that were made again and compared.
        faults: empty if the run is whole.
    """

    folder: Path
    files: int
    scores: int
    faults: tuple[Fault, ...]

    def as_line(self) -> str:
        """Return what was checked and how many faults there are."""
        told = f"{self.files} files match their checksums" if not self.faults else ""
        if self.scores and not self.faults:
            told += f", {self.scores} score tables made again with the same result"
        return f"{self.folder}: {told or f'{len(self.faults)} faults'}"


def verify(folder: Path, *, quick: bool = False) -> Verified:
    """Return what is wrong with the run in a folder.

    Args:
        folder: of the run.
        quick: compare checksums only, and make no scores again.
    """
    try:
        run = open_run(folder)
    except StoreError as error:
        fault = Fault(str(folder / "manifest.json"), "the record of a run", str(error), _AGAIN)
        return Verified(folder, 0, 0, (fault,))
    faults = [*_unfinished(run), *_leftovers(run)]
    named: dict[Path, str] = {}
    try:
        named = _kept_estimates(run)
    except StoreError as error:
        faults += [Fault(str(folder / PLACES), "the places of a run", str(error), _AGAIN)]
    named |= {folder / name: sha256 for name, sha256 in run.manifest.parts.items()}
    if any(one.file == str(folder / PLACES) for one in faults):
        named.pop(folder / PLACES, None)  # told already
    faults += _bytes(run, named)
    remade = 0
    if not quick:
        faults += [*_identity(run), *_protocols(run), *_parts(run)]
        names = list(run.manifest.protocols) if run.manifest.layouts else []
        faults += [fault for name in names for fault in _scores(run, name)]
        remade = len(names)
    return Verified(folder, len(named), remade, tuple(dict.fromkeys(faults)))


def _unfinished(run: Run) -> Iterator[Fault]:
    if run.manifest.status != "complete":
        way_out = "give the command that made the run again: it goes on from there"
        yield Fault(str(run.folder), "a complete run", "one that is not finished", way_out)


def _leftovers(run: Run) -> Iterator[Fault]:
    """Name what a process that was killed while it wrote has left."""
    for path in sorted(run.folder.rglob(f"{UNFINISHED}*")):
        yield Fault(str(path), "no file that is not whole", "what a writer has left", _BROKEN_OFF)


def _bytes(run: Run, named: dict[Path, str]) -> Iterator[Fault]:
    """Compare files with their SHA-256."""
    for path, expected in named.items():
        way_out = _RESCORE if path.parent.name == "scores" and run.manifest.layouts else _AGAIN
        told = f"SHA-256 {expected[:8]}..."
        try:
            found = digest(path)
        except DataError as error:
            cause = error.__cause__
            is_gone = isinstance(cause, FileNotFoundError | NotADirectoryError)
            found = "no file" if is_gone else str(getattr(cause, "strerror", error))
            if isinstance(cause, IsADirectoryError):
                found, way_out = "a folder in its place", f"remove that folder, and {way_out}"
            yield Fault(str(path), told, found, way_out)
        else:
            if found != expected:
                yield Fault(str(path), told, f"{found[:8]}...", way_out)


def _kept_estimates(run: Run) -> dict[Path, str]:
    """Return the SHA-256 of the estimates that lie inside the run."""
    places = read_places(run.folder)
    every = places.tracks.values() if places else ()
    files = [place for track in every for place in track.estimates.values()]
    inside = [one for one in files if Path(one.path).parts[0] == ESTIMATES]
    return {run.folder / one.path: one.sha256 for one in inside}


def _identity(run: Run) -> Iterator[Fault]:
    """Compare the identity with the folder's name, the layouts and the tracks."""
    manifest, path = run.manifest, run.folder / "manifest.json"
    told = hash_in(run.folder, default=manifest.hash)
    if told != manifest.hash:
        found = f"one whose hash is {manifest.hash}"
        yield Fault(str(path), f"the identity {told} of the folder's name", found, _FOREIGN)
    known = protocols_of(run)
    for layout in manifest.layouts:
        view = view_of(layout, known)
        if view is not None and view.layout != layout.key:
            yield Fault(str(path), f"layout {layout.key}", f"one that is {view.layout}", _FOREIGN)
    tracks = manifest.identity.get("tracks")
    if manifest.share is None and tracks != [track.id for track in manifest.tracks]:
        yield Fault(str(path), "the tracks of the identity", "other tracks", _FOREIGN)


def _protocols(run: Run) -> Iterator[Fault]:
    """Compare the documents of released protocols with their checksums."""
    path, released = run.folder / "manifest.json", checksums()
    for name in run.manifest.protocols:
        try:
            protocol = run.protocol(name)
        except StoreError as error:
            yield Fault(str(path), f"a document of {name}", str(error), _RESCORE)
            continue
        if released.get(protocol.id, protocol.hash) != protocol.hash:
            told = (f"{name} as released, {released[name][:8]}", protocol.hash[:8])
            yield Fault(str(path), *told, _RESCORE)


def _parts(run: Run) -> Iterator[Fault]:
    """Read every part, and compare the track it tells with the one it is named after."""
    tracks = {file_name(track): track.id for track in run.manifest.tracks}
    for path in sorted(run.folder.rglob("*.parquet")):
        name = path.relative_to(run.folder).as_posix()
        if f"/{UNFINISHED}" in name:
            continue  # told already
        if run.manifest.status == "complete" and name not in run.manifest.parts:
            way_out = f"{_RESCORE}; or {_FOREIGN}" if name.startswith("scores/") else _FOREIGN
            yield Fault(str(path), "no such part in a complete run", "one", way_out)
            continue
        try:
            facts = read_part(run.folder, name, run=run.manifest.hash)[1]
        except StoreError as error:
            if path.is_file():  # else told by its checksum
                yield Fault(str(path), "a table of this run", str(error), _AGAIN)
            continue
        if not name.startswith("scores/") and facts.get("track") != tracks.get(path.stem):
            track = tracks.get(path.stem)
            expected = f"a part of {track!r}" if track else "no part of that name"
            yield Fault(str(path), expected, f"one of {facts.get('track')!r}", _FOREIGN)


def _scores(run: Run, name: str) -> Iterator[Fault]:
    """Make the scores of a protocol again from the statistics, and compare the bytes."""
    path = run.scores(name)
    try:
        protocol = run.protocol(name)
        stored, now = run.manifest.metrics.get(name, {}), metric_records(protocol)
        other = [one for one in stored if now.get(one, stored[one]) != stored[one]]
        if other:
            told = (f"scores of version {stored[other[0]].version} of {other[0]}", "another here")
            yield Fault(str(path), *told, _RESCORE)
            return
        stored_table, facts = parts.read_table(path)
        made = score_table(run, protocol)
        header = {**facts, **facts_of(protocol)}
        is_same = parts.encoded(made, header) == path.read_bytes()
        is_here = _is_here(run) and facts.get("schema") == SCHEMA  # else only the rows are alike
        apart = "" if is_same else _apart(stored_table, made, is_here=is_here)
    except (ProtocolError, UnknownNameError) as error:  # what the protocol names is not here
        told = (
            f"{name} of {run.folder}",
            "what the protocol names, so that its scores can be made",
        )
        yield Fault(*told, str(error), _ABSENT)
    except SepevalError as error:
        yield Fault(str(path), "what its statistics give", str(error), _AGAIN)
    else:
        if apart:
            yield Fault(str(path), "what its statistics give", apart, _RESCORE)


def _apart(stored: pa.Table, made: pa.Table, *, is_here: bool) -> str:
    """Return how a table differs from the one made again; nothing where only rounding may."""
    if stored.num_rows != made.num_rows or stored.schema.names != made.schema.names:
        return f"{stored.num_rows} rows, not {made.num_rows}"
    texts = [name for name in made.schema.names if name != "value"]
    wrong = [
        name for name in texts if stored.column(name).to_pylist() != made.column(name).to_pylist()
    ]
    if wrong:
        return f"other entries in {', '.join(wrong)}"
    pairs = [np.asarray(one.column("value").to_numpy(), np.float64) for one in (stored, made)]
    gaps = np.abs(pairs[0] - pairs[1])
    if not np.array_equal(np.isnan(pairs[0]), np.isnan(pairs[1])):
        return "values where there are none, or none where there are some"
    largest = float(np.nanmax(gaps, initial=0.0))
    if largest > 0.0 and (is_here or largest > _ROUNDING):
        return f"{int((gaps > 0).sum())} values that differ, by {largest:.3g} at most"
    return "other bytes for the same rows" if is_here else ""


def _is_here(run: Run) -> bool:
    """Return whether the run was made with the packages and the kind of machine at hand."""
    now, then = environment(workers=1), run.manifest.environment
    return all(now[name] == then.get(name) for name in ("packages", "platform"))
