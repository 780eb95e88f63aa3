"""Whether two runs measured the same audio: other numbers do not compare."""

from __future__ import annotations

from sepeval.results.words import as_text, plain, some
from sepeval.store import Run
from sepeval.store.manifest import Share


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
