"""Join the shares of a run that several machines have made.

The parts of the shares are copied as they are, and the scores are made again from them: to the
byte those of a run that was made in one piece. The shares stay as they are. A merge that was
interrupted goes on when it is given again.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from sepeval.errors import StoreError
from sepeval.fingerprint import digest, of_document
from sepeval.runner.rescoring import write_scores
from sepeval.store import Manifest, Run, create, open_run
from sepeval.store.files import UNFINISHED, write_whole
from sepeval.store.lock import locked
from sepeval.store.manifest import metric_records
from sepeval.store.mending import mend
from sepeval.store.places import read_places, write_places
from sepeval.store.run import MANIFEST, folder_of

# folders of a run whose files belong to one track each; scores are made again
_ROOMS = ("cells", "measured", "signals", "timings", "estimates")
_PACKAGES = ("numpy", "scipy", "torch", "soundfile", "av", "soxr")  # that can move a number
_ALIKE = "make all shares under the same protocols, with one version of sepeval"
_IN_ORDER = "make all shares under the same protocols, named in the same order"
_ROUNDING = (
    "that can move numbers by rounding; make one of them again with the versions of the other, or "
    "accept it (--other-versions)"
)


def merge(shares: Sequence[Run], *, root: Path, other_versions: bool = False) -> Run:
    """Return the run that the shares make together.

    Args:
        shares: all shares of one run, complete, in any order.
        root: folder of runs.
        other_versions: accept shares that were made with different versions of packages; the run
            records which.

    Raises:
        StoreError: a share is missing, given twice, not complete, damaged, or of another run, or
            was made with other protocols or versions; or another run is in the way, or the shares
            themselves are.
    """
    ordered = _refuse_unfit(shares, other_versions=other_versions)
    if root.resolve() in {run.folder.resolve().parent for run in ordered}:
        message = (
            f"{root}: holds the shares, which tables do not show beside all of their run; name "
            "another folder with --output"
        )
        raise StoreError(message)
    wanted = _joined(ordered)
    folder = folder_of(root, wanted, separator=wanted.label)
    with locked(folder):
        damaged = mend(folder)  # what an interrupted merge has left
        there = open_run(folder) if (folder / MANIFEST).exists() else None
        lacking = [one for share in ordered for one in _lacking(share, folder, there)]
        run = create(root, wanted, separator=wanted.label)
        for one in lacking:
            write_whole(one.target, partial(_copied, one.source, one.sha256))
        is_done = run.manifest.status == "complete"  # merged before, or made in one piece
        if is_done and not damaged:
            return run
        places = [found for share in ordered if (found := read_places(share.folder)) is not None]
        if places:
            told = {name: one for own in places for name, one in own.tracks.items()}
            ids = [record.id for record in wanted.tracks]
            write_places(folder, {name: told[name] for name in ids if name in told})
        scored = run if is_done else ordered[0]
        run = run if is_done else run.save(wanted)
        run = write_scores(run, [scored.protocol(name) for name in scored.manifest.protocols])
        done = {"status": "complete", "parts": run.part_digests()}
        return run.save(run.manifest.model_copy(update=done))


def _refuse_unfit(shares: Sequence[Run], *, other_versions: bool) -> list[Run]:
    """Return the shares in their order, if they make one run."""
    if not shares:
        raise StoreError("no share was given; `sepeval run --shard 1/2` makes one")
    for run in shares:
        if run.manifest.share is None:
            message = f"{run.folder}: is no share of a run, but all of it; leave it out"
            raise StoreError(message)
        if run.manifest.status != "complete":
            message = f"{run.folder}: is not complete; give the command that makes it again"
            raise StoreError(message)
    ordered = sorted(shares, key=_number)
    first = ordered[0]
    for run in ordered[1:]:
        _refuse_difference(first, run, _identity, "they are not shares of one run")
        _refuse_difference(first, run, _protocols, _ALIKE)
        _refuse_difference(first, run, _metrics, _ALIKE)
        _refuse_difference(first, run, _cut, _IN_ORDER)
        if not other_versions:
            _refuse_difference(first, run, _versions, _ROUNDING)
    _refuse_overlaps_and_gaps(ordered)
    _refuse_other_metrics(first)
    return ordered


def _refuse_difference(
    first: Run, other: Run, facts: Callable[[Manifest], dict[str, JsonValue]], way_out: str
) -> None:
    ours, theirs = facts(first.manifest), facts(other.manifest)
    found = [
        f"{key}: {_short(ours.get(key))} and {_short(theirs.get(key))}"
        for key in dict.fromkeys([*ours, *theirs])
        if ours.get(key) != theirs.get(key)
    ]
    if found:
        message = f"{first.folder} and {other.folder} differ in {'; '.join(found)}: {way_out}"
        raise StoreError(message)


def _identity(manifest: Manifest) -> dict[str, JsonValue]:
    return manifest.identity


def _protocols(manifest: Manifest) -> dict[str, JsonValue]:
    """Return what must be equal so that the parts serve the same scores."""
    documents = manifest.protocols.items()
    return {f"protocol {name}": of_document(document)[:8] for name, document in documents}


def _metrics(manifest: Manifest) -> dict[str, JsonValue]:
    return {
        f"version of {metric} of {protocol}": record.version
        for protocol, records in manifest.metrics.items()
        for metric, record in records.items()
    }


def _cut(manifest: Manifest) -> dict[str, JsonValue]:
    """Return what decides the bytes of the parts: where cells end, and in which order stems stand.

    A layout's key stands for that, whatever the order of the protocols it is made of.
    """
    keys = ", ".join(sorted(layout.key for layout in manifest.layouts))
    return {"cells": keys}


def _versions(manifest: Manifest) -> dict[str, JsonValue]:
    made = manifest.environment
    packages = made.get("packages")
    known = packages if isinstance(packages, dict) else {}
    return {
        "sepeval": made.get("sepeval"),
        "engine": made.get("engine"),
        **{name: known.get(name) for name in _PACKAGES},
    }


def _short(value: JsonValue) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refuse_overlaps_and_gaps(shares: Sequence[Run]) -> None:
    """Refuse shares that do not hold each track of the run once."""
    folders = ", ".join(str(run.folder) for run in shares)
    held = Counter(track.id for run in shares for track in run.manifest.tracks)
    double = [track for track, count in held.items() if count > 1]
    if double:
        message = f"{folders}: hold {_some(double)} more than once; give each share once"
        raise StoreError(message)
    tracks = shares[0].manifest.identity.get("tracks")
    wanted = [str(track) for track in tracks] if isinstance(tracks, list) else []
    missing = [track for track in wanted if track not in held]
    if missing:
        counts = {str(run.manifest.share) for run in shares}
        message = (
            f"{folders}: lack {_some(missing)}; only {', '.join(sorted(counts))} "
            f"{'are' if len(counts) > 1 else 'is'} given: give all shares of the run"
        )
        raise StoreError(message)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more tracks"


def _refuse_other_metrics(share: Run) -> None:
    """Refuse to score with other versions of the metrics than the shares were scored with."""
    for name, recorded in share.manifest.metrics.items():
        now = metric_records(share.protocol(name))
        for metric, record in recorded.items():
            if metric in now and now[metric].version != record.version:
                message = (
                    f"{share.folder}: {metric} of {name} is version {record.version} there and "
                    f"{now[metric].version} in this sepeval; score all shares again (sepeval "
                    "rescore), or merge with the sepeval that made them"
                )
                raise StoreError(message)


def _joined(shares: Sequence[Run]) -> Manifest:
    """Return the manifest of the whole run, not yet complete."""
    first = shares[0].manifest
    share = first.share
    environments = {str(run.manifest.share): dict(run.manifest.environment) for run in shares}
    records = [track for run in shares for track in run.manifest.tracks]
    return first.model_copy(
        update={
            "share": None,
            "partial": "" if share is None else share.whole,
            "status": "started",
            "tracks": sorted(records, key=lambda record: record.number),
            "environment": {**first.environment, "shares": environments},
            "protocols": {},
            "metrics": {},
            "parts": {},
        }
    )


def _number(run: Run) -> tuple[int, int]:
    share = run.manifest.share
    return (share.count, share.number) if share is not None else (0, 0)


def _files(share: Run) -> Iterator[Path]:
    """Yield the files of the share's tracks.

    Raises:
        StoreError: one of its parts is gone, or a link stands in for a file.
    """
    found = [path for room in _ROOMS for path in sorted((share.folder / room).rglob("*"))]
    for path in found:
        if path.is_symlink():
            raise StoreError(f"{path}: is a link; put the file itself there")
    files = [path for path in found if not path.is_dir() and not path.name.startswith(UNFINISHED)]
    there = {str(path.relative_to(share.folder)) for path in files}
    for name in share.manifest.parts:
        if name.partition("/")[0] in _ROOMS and name not in there:
            message = f"{share.folder / name}: is gone; give the command of this share again"
            raise StoreError(message)
    yield from files


class _Lacking(NamedTuple):
    """A file of a share that the run does not have, and its SHA-256."""

    source: Path
    target: Path
    sha256: str


def _lacking(share: Run, folder: Path, there: Run | None) -> Iterator[_Lacking]:
    """Yield the files of a share that the run in a folder does not have.

    Raises:
        StoreError: one is damaged, another file has its place, or the run is complete without it.
    """
    for source in _files(share):
        name = source.relative_to(share.folder).as_posix()
        target, found = folder / name, digest(source)
        expected = share.manifest.parts.get(name, found)
        if found != expected:
            raise StoreError(_damaged(source))
        if not target.exists():
            if there and there.manifest.status == "complete" and there.named(name) != expected:
                other = "another" if there.named(name) else "no"
                message = (
                    f"{folder}: is complete already, and has {other} {name}; move this run away, "
                    "or merge into another folder"
                )
                raise StoreError(message)
            yield _Lacking(source, target, expected)
        elif digest(target) != expected:
            message = (
                f"{target}: is another file than {source}; move this run away, or merge into "
                "another folder"
            )
            raise StoreError(message)


def _damaged(source: Path) -> str:
    return f"{source}: is damaged; delete it, and give the command of this share again"


def _copied(source: Path, expected: str, target: Path) -> None:
    shutil.copyfile(source, target)
    if digest(target) != expected:
        raise StoreError(_damaged(source))
