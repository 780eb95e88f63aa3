"""Whether two runs measured the same audio: other numbers do not compare."""

from __future__ import annotations

from sepeval.results.words import as_text, count_of, plain, some
from sepeval.store import Run
from sepeval.store.manifest import Share
from sepeval.store.run import MANIFEST, PLACES


def difference(first: Run, other: Run) -> str:
    """Return how what another run measured differs; empty if it does not."""
    ours, theirs = first.manifest.identity, other.manifest.identity
    found = [
        f"{key} {as_text(ours.get(key))} and {as_text(theirs.get(key))}"
        for key in ("dataset", "split", "choices")
        if ours.get(key) != theirs.get(key)
    ]
    if found:
        return ", ".join(found)
    shares = [run.manifest.share for run in (first, other)]
    if ours == theirs and shares[0] != shares[1]:
        return _shares_apart(*shares)
    if ours.get("tracks") != theirs.get("tracks") or _ids(first) != _ids(other):
        return _tracks_apart(_ids(first), _ids(other))
    if ours.get("content") != theirs.get("content"):
        return "content (the audio of the references differs)"
    return ""


def outdated(first: Run, other: Run) -> str:
    """Return which of two runs of one name is older, where its audio has changed since; or nothing.

    The time is that of the record of places, which only the evaluation of audio writes.
    """
    ours, theirs = first.manifest, other.manifest
    changed = {key for key in ours.identity if ours.identity[key] != theirs.identity.get(key)}
    if ours.label != theirs.label or not changed or not changed <= {"content", "estimates"}:
        return ""
    older, newer = sorted((first, other), key=_written)
    errors = sum(bool(track.trouble) for track in older.manifest.tracks)
    told = f" (it has {count_of(errors, 'track')} with errors)" if errors else ""
    return (
        f"{older.folder.name}{told} is older than {newer.folder.name}: if the files were mended or "
        "changed in between, move the older one away"
    )


def _written(run: Run) -> int:
    path = run.folder / PLACES
    return (path if path.exists() else run.folder / MANIFEST).stat().st_mtime_ns


def _shares_apart(one: Share | None, other: Share | None) -> str:
    if one is None or other is None:
        return f"share {one or other} of a run and all of it, which is enough"
    return f"shares {one} and {other} of one run; join them (sepeval merge)"


def _tracks_apart(ours: list[str], theirs: list[str]) -> str:
    only = {
        "first": [one for one in ours if one not in theirs],
        "second": [one for one in theirs if one not in ours],
    }
    parts = [f"only in the {which}: {some(names)}" for which, names in only.items() if names]
    return f"tracks, {len(ours)} and {len(theirs)}" + "".join(f" ({part})" for part in parts)


def _ids(run: Run) -> list[str]:
    return [plain(track.id) for track in run.manifest.tracks]
