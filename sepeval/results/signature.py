"""The line that says where numbers come from; every table and figure carries it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sepeval.results.gathering import Results, dataset_of, failed, gather
from sepeval.results.words import count_of, plain
from sepeval.store import Run
from sepeval.summary import ALL
from sepeval.types import Status


def signature(runs: Sequence[Run], protocol: str) -> str:
    """Return one line that names protocol, systems, versions, data and counts.

    Args:
        runs: that are shown together; they may have measured different data.
        protocol: id or name of a protocol that all of them were scored under.

    Returns:
        Parts joined by ` | `; ranges such as `3 to 5` where the systems differ.

    Raises:
        StoreError: a run has no scores under the protocol.
    """
    return line(gather(runs, protocol, mixed=True))


def line(results: Results) -> str:
    """Return the signature of results; see `signature`."""
    systems = ", ".join(_hashed(one.name, one.run.manifest.hash) for one in results.systems)
    versions = {str(one.run.manifest.environment.get("sepeval")) for one in results.systems}
    parts = [
        f"{results.protocol.id} {results.protocol.hash[:8]}",
        systems,
        f"sepeval {', '.join(sorted(versions))}",
        "; ".join(dict.fromkeys(plain(dataset_of(one.run)) for one in results.systems)),
        _counts(results),
    ]
    partial = [one.run.manifest.partial for one in results.systems if one.run.manifest.partial]
    if partial:
        parts.append(f"partial: {'; '.join(dict.fromkeys(partial))}")
    if results.mixed:
        parts.append("mixed data")
    return " | ".join(parts)


def data_line(run: Run) -> str:
    """Return the part of a signature that holds for a run under any protocol."""
    manifest = run.manifest
    parts = [
        f"{plain(manifest.label)} {manifest.hash}",
        f"sepeval {manifest.environment.get('sepeval')}",
        plain(dataset_of(run)),
        count_of(len(manifest.tracks), "track"),
    ]
    return " | ".join([*parts, *([f"partial: {manifest.partial}"] if manifest.partial else [])])


def in_order(left: Iterable[str]) -> list[str]:
    """Return statuses, each once, in the order in which `Status` lists them."""
    found = set(left)
    return [str(status) for status in Status if str(status) in found]


def between(numbers: Iterable[int]) -> str:
    """Return a number, or the smallest and the largest of several.

    Example:
        >>> between([3, 3]), between([5, 3])
        ('3', '3 to 5')
    """
    found = sorted(set(numbers))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _hashed(name: str, digits: str) -> str:
    """Return a system with the hash of its run, which runs of one label have in their names."""
    return name if name.rpartition(" ")[2] == digits else f"{name} {digits}"


def _counts(results: Results) -> str:
    """Return tracks and scores, per system and metric, over all stems."""
    tracks, used, silent = [], [], []
    left: list[dict[str, int]] = []
    for system in results.systems:
        tracks.append(
            len(system.run.manifest.tracks) - len(failed(system.run, results.protocol.id))
        )
        for key in results.keys:
            stems = [row for row in system.rows_of(*key) if row.stem != ALL]
            used.append(sum(row.used for row in stems))
            silent.append(sum(row.silent for row in stems))
            names = {name for row in stems for name in row.left}
            left.append({name: sum(row.left.get(name, 0) for row in stems) for name in names})
    gone = in_order(name for one in left for name in one)
    by_status = [f"{name} {between(one.get(name, 0) for one in left)}" for name in gone]
    shown = f"{between(tracks)} {'track' if set(tracks) == {1} else 'tracks'}, "
    shown += f"{between(used)} scores each ({between(silent)} with a silent reference)"
    return f"{shown}, left out: {', '.join(by_status) or 'none'}"
