"""What a killed process, or a damaged disk, has left in a run is removed, so that it is made again.

Only the holder of the run's lock does this.
"""

from __future__ import annotations

from pathlib import Path

from sepeval.errors import DamagedError
from sepeval.fingerprint import digest
from sepeval.store import parts
from sepeval.store.files import explained, remove_unfinished
from sepeval.store.run import MANIFEST, open_run

_ASIDE = "manifest.damaged.json"


def mend(folder: Path) -> tuple[str, ...]:
    """Remove unfinished and damaged files of a run, and return what was wrong with each part.

    Parts that cannot be read are removed; of a complete run also those that are not the files that
    its manifest names. A damaged manifest is put aside: the folder's name, which holds the hash of
    the identity, says whose parts these are.

    Raises:
        StoreError: the manifest was written with another schema, or a file cannot be removed.
    """
    remove_unfinished(folder)
    if not (folder / MANIFEST).exists():
        return ()
    found: list[str] = []
    named: dict[str, str] = {}
    recorded: dict[str, str] = {}
    try:
        manifest = open_run(folder).manifest
        named = manifest.parts
        recorded = named if manifest.status == "complete" else {}
    except DamagedError as error:
        (folder / MANIFEST).replace(folder / _ASIDE)
        found.append(f"{error}; it is put aside as {_ASIDE} and made again")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
    for name in sorted(there | set(named)):
        fault = parts.fault(folder / name) or other_bytes(folder / name, recorded.get(name))
        if fault:
            found.append(f"{fault.partition('; ')[0]}; it is made again now")
            _remove(folder, name)
    return tuple(found)


def other_bytes(path: Path, recorded: str | None) -> str:
    """Return what is wrong with a file that is not the one that was recorded; else nothing."""
    if recorded is None or (found := digest(path)) == recorded:
        return ""
    return (
        f"{path}: is not the file that the run was finished with: its SHA-256 is {found[:8]}..., "
        f"expected {recorded[:8]}..."
    )


def _remove(folder: Path, name: str) -> None:
    """Remove a part; facts of signals go with the cells, beside which they are made again."""
    try:
        (folder / name).unlink(missing_ok=True)
        if name.startswith("signals/"):
            (folder / name.replace("signals/", "cells/", 1)).unlink(missing_ok=True)
    except OSError as error:
        raise explained(error, folder / name) from error
