"""Whether two runs measured the same audio: other numbers do not compare."""

from __future__ import annotations

from sepeval.results.words import as_text, plain, some
from sepeval.store import Run


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
    if ours.get("tracks") != theirs.get("tracks"):
        return _tracks_apart(_ids(first), _ids(other))
    if ours.get("content") != theirs.get("content"):
        return "content (the audio of the references differs)"
    return ""


def _tracks_apart(ours: list[str], theirs: list[str]) -> str:
    only = {
        "first": [one for one in ours if one not in theirs],
        "second": [one for one in theirs if one not in ours],
    }
    parts = [f"only in the {which}: {some(names)}" for which, names in only.items() if names]
    return f"tracks, {len(ours)} and {len(theirs)}" + "".join(f" ({part})" for part in parts)


def _ids(run: Run) -> list[str]:
    return [plain(track.id) for track in run.manifest.tracks]
