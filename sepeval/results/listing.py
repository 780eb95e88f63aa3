"""What stored runs are, one line each; a run that cannot be read is a line too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sepeval.errors import StoreError
from sepeval.results.gathering import dataset_of
from sepeval.results.words import count_of, plain
from sepeval.store import Run, open_run, run_folders


@dataclass(frozen=True)
class RunLine:
    """One run of a list.

    Attributes:
        folder: of the run.
        status: `complete`, `started` or `damaged`.
        notes: what a reader must know: a part of a split, tracks with errors, why a run is damaged.
        label: how the run is called in tables; this and all below are empty where it is damaged.
        hash: of its identity.
        data: dataset, split and choices.
        protocols: ids of those that it has scores under.
        tracks: how many it has.
        sepeval: version that made it.
    """

    folder: Path
    status: Literal["complete", "started", "damaged"]
    notes: tuple[str, ...]
    label: str = ""
    hash: str = ""
    data: str = ""
    protocols: tuple[str, ...] = ()
    tracks: int = 0
    sepeval: str = ""


def listed(paths: Sequence[Path]) -> tuple[RunLine, ...]:
    """Return a line for each run that the paths name; see `find_runs`.

    Raises:
        StoreError: a path names no run.
    """
    return tuple(_line(folder) for folder in run_folders(paths))


def _line(folder: Path) -> RunLine:
    try:
        run: Run = open_run(folder)
    except StoreError as error:
        return RunLine(folder, "damaged", (plain(str(error)),))
    manifest = run.manifest
    errors = sum(bool(track.trouble) for track in manifest.tracks)
    notes = [manifest.partial, f"{count_of(errors, 'track')} with errors" if errors else ""]
    return RunLine(
        folder=folder,
        status=manifest.status,
        notes=tuple(filter(None, notes)),
        label=plain(manifest.label),
        hash=manifest.hash,
        data=plain(dataset_of(run)),
        protocols=tuple(manifest.protocols),
        tracks=len(manifest.tracks),
        sepeval=str(manifest.environment.get("sepeval")),
    )
