"""What a killed process, or a damaged disk, has left in a run is removed, so that it is made again.

Only the holder of the run's lock does this.
"""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from sepeval.errors import DamagedError, StoreError
from sepeval.fingerprint import digests
from sepeval.store.files import explained, remove_unfinished
from sepeval.store.run import ESTIMATES, MANIFEST, PLACES, hash_in, open_run, read_part

_ASIDE = "manifest.damaged.json"


def mend(folder: Path) -> tuple[str, ...]:
    """Remove unfinished and damaged files of a run, and return what was wrong with each part.

    Parts that cannot be read are removed; of a complete run also those that are not the files that
    its manifest names. A damaged manifest is put aside: the folder's name, which holds the hash of
    the identity, says whose parts these are.

    Raises:
        StoreError: the manifest was written with another schema, or a file cannot be removed.
    """
    for name in (MANIFEST, PLACES):
        if (folder / name).is_dir():
            raise explained(IsADirectoryError(errno.EISDIR, ""), folder / name)
    remove_unfinished(folder)
    if not (folder / MANIFEST).exists():
        return ()
    found: list[str] = []
    named: dict[str, str] = {}
    recorded: dict[str, str] = {}
    own = hash_in(folder)
    try:
        manifest = open_run(folder).manifest
        own, named = manifest.hash, manifest.parts
        recorded = named if manifest.status == "complete" else {}
    except DamagedError as error:
        (folder / MANIFEST).replace(folder / _ASIDE)
        found.append(f"{error}; it is put aside as {_ASIDE} and made again")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
    tables = there | {name for name in named if name.endswith(".parquet")}
    for name in sorted(tables):
        try:
            read_part(folder, name, run=own, named=recorded.get(name, ""))
        except StoreError as error:
            found.append(f"{str(error).partition('; ')[0]}; it is made again now")
            _remove(folder, name)
    for name in sorted(set(named) - tables):
        path = folder / name
        if name == PLACES and name not in recorded:
            continue  # written again before a run is finished again
        is_there = path.is_file()
        if not is_there or digests([path])[path] != named[name]:
            is_kept = name.startswith(f"{ESTIMATES}/")
            told = "is not the file that the run was finished with" if is_there else "is gone"
            way_out = "--keep-estimates makes it again" if is_kept else "it is made again now"
            found.append(f"{path}: {told}; {way_out}")
            if is_kept:
                _remove_estimates(path.parent, folder)
    return tuple(found)


def _remove_estimates(kept: Path, folder: Path) -> None:
    """Remove the folder of a track's estimates, which are made together, if it is in the run."""
    room = folder.resolve() / ESTIMATES
    if kept.is_dir() and room in kept.resolve().parents:
        try:
            shutil.rmtree(kept)
        except OSError as error:
            raise explained(error, kept) from error


def _remove(folder: Path, name: str) -> None:
    """Remove a part; facts of signals go with the cells, beside which they are made again."""
    try:
        (folder / name).unlink(missing_ok=True)
        if name.startswith("signals/"):
            (folder / name.replace("signals/", "cells/", 1)).unlink(missing_ok=True)
    except OSError as error:
        raise explained(error, folder / name) from error
