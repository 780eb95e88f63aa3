"""One track on a worker that may be on another machine.

On every node the same files lie at the same paths, and the packages have the same versions; a
worker where that is not so says what it lacks, and makes nothing.
"""

from __future__ import annotations

import socket
import sys
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from sepeval.errors import DataError, DependencyError
from sepeval.runner.job import Job, process
from sepeval.separators.files import Files
from sepeval.store import TrackRecord
from sepeval.store.manifest import environment


class Away(NamedTuple):
    """One track for a worker that may be on another machine.

    A tuple, because what can be referred to weakly joblib would first lay down on some worker, and
    it would be lost with that worker.

    Attributes:
        job: what is done.
        folder: working folder here, in which the worker works too.
        imports_from_there: whether modules are looked for in that folder.
        sizes: bytes of the files that the job reads, by path, as they are here.
        versions: of the packages here.
    """

    job: Job
    folder: Path
    imports_from_there: bool
    sizes: dict[str, int]
    versions: JsonValue


def sent(job: Job) -> Away:
    """Return a job with what its worker is held against."""
    track = job.track
    files = [file.path for found in track.stems.values() for file in found]
    files += [] if track.mixture is None else [track.mixture.path]
    there = {str(path): path.stat().st_size for path in files if path.is_file()}
    here = Path.cwd()
    return Away(job, here, str(here) in sys.path, there, _versions())


def process_away(one: Away) -> TrackRecord:
    """Make the parts of a track on a worker; see `job.process`.

    Raises:
        DataError: the worker does not see the files.
        DependencyError: the worker has other packages.
    """
    _refuse_other_versions(one)
    if not one.folder.is_dir():
        raise DataError(_blind(str(one.folder)))
    if one.imports_from_there and str(one.folder) not in sys.path:
        sys.path.insert(0, str(one.folder))
    with chdir(one.folder):
        _refuse_blind(one)
        return process(one.job)


def _versions() -> JsonValue:
    found = environment(workers=1)
    return {"sepeval": found["sepeval"], "packages": found["packages"]}


def _refuse_other_versions(one: Away) -> None:
    own = _versions()
    if own != one.versions:
        message = (
            f"worker on {socket.gethostname()} has {own}; this run is made with {one.versions}: "
            "install the same versions on every node"
        )
        raise DependencyError(message)


def _refuse_blind(one: Away) -> None:
    """Refuse to go on where the run or the audio is not what it is on the machine that asks."""
    folder = one.job.run.folder
    if not (folder / "manifest.json").is_file():
        raise DataError(_blind(str(folder)))
    separator = one.job.separator
    if isinstance(separator, Files) and not separator.root.is_dir():
        raise DataError(_blind(str(separator.root)))
    for name, size in one.sizes.items():
        path = Path(name)
        if not path.is_file() or path.stat().st_size != size:
            raise DataError(_blind(name))


def _blind(name: str) -> str:
    return (
        f"worker on {socket.gethostname()}: {Path(name).absolute()} is not there, or not what it "
        "is on the machine that gave the command; audio and runs must lie at the same path on "
        "every node (a shared file system)"
    )
