"""What is left to do in a run that is there already: the views whose parts are to be made.

A run that is continued makes each part as it would have been made without the interruption: the
cells of a layout are cut at the edges that the layout was begun with, whatever is left of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sepeval.errors import StoreError
from sepeval.protocol import AudioRule, Protocol
from sepeval.runner.rescoring import is_served
from sepeval.scoring import View, views
from sepeval.separators.base import Described, Recording
from sepeval.store import Manifest, Run, open_run
from sepeval.store.manifest import Layout
from sepeval.store.run import MANIFEST
from sepeval.store.signals import has_signals

_FILES = {"content", "estimates"}  # of an identity: what the audio decides


def all_protocols(run: Run, asked: Sequence[Protocol]) -> list[Protocol]:
    """Return the protocols asked for, and then the others of a run, for one that has lost parts."""
    wanted = {protocol.id: protocol for protocol in asked}
    return list({**wanted, **protocols_of(run), **wanted}.values())


def views_left(
    run: Run,
    protocols: Sequence[Protocol],
    separator: Described,
    *,
    keep_estimates: bool,
    with_signals: bool,
) -> tuple[View, ...]:
    """Return the views whose parts may lack: those of the run as they were begun, then new ones.

    Args:
        run: as it is.
        protocols: under which the scores are made.
        separator: what is evaluated.
        keep_estimates: whether the estimates are wanted as files.
        with_signals: whether the facts of the signals are wanted, where they need no separation.
    """
    is_recorded = isinstance(separator, Recording)
    lacks = keep_estimates or (with_signals and is_recorded and not has_signals(run))
    lacks = lacks or not (is_recorded or _is_timed(run))
    wanting = [one for one in protocols if lacks or not is_served(run, one)]
    begun = _begun(run, protocols)
    kept = {one.id: begun[one.id] for one in wanting if one.id in begun}
    new = views([one for one in wanting if one.id not in begun])
    return tuple({view.layout: view for view in (*kept.values(), *new)}.values())


def restarted(manifest: Manifest, chosen: Iterable[View], *, stems: Sequence[str]) -> Manifest:
    """Return the manifest with the layouts that the views need, not complete any more.

    Args:
        manifest: as it was.
        chosen: views that are measured.
        stems: of the dataset, in the order in which protocols of every stem are measured.
    """
    layouts = {layout.key: layout for layout in manifest.layouts}
    for view in chosen:
        if view.layout not in layouts:
            layouts[view.layout] = Layout(
                key=view.layout,
                audio=view.audio.model_dump(mode="json"),
                stems={stem: list(parts) for stem, parts in view.stems.items()},
                protocols=[protocol.id for protocol in view.protocols],
                cut_for=[protocol.id for protocol in view.cut_for],
            )
    update = {"status": "started", "stems": list(stems), "layouts": list(layouts.values())}
    return manifest.model_copy(update=update)


def view_of(layout: Layout, known: Mapping[str, Protocol]) -> View | None:
    """Return the view that a layout was begun with; None if one of its protocols is not known."""
    if not layout.cut_for or not set(layout.cut_for) <= set(known):
        return None
    return View(
        AudioRule.model_validate(layout.audio),
        {stem: tuple(parts) for stem, parts in layout.stems.items()},
        tuple(known[name] for name in layout.protocols if name in known),
        tuple(known[name] for name in layout.cut_for),
    )


def protocols_of(run: Run) -> dict[str, Protocol]:
    """Return the protocols that the run has scores under, but for those it cannot read any more."""
    found = {}
    for name in run.manifest.protocols:
        with suppress(StoreError):
            found[name] = run.protocol(name)
    return found


def notes_of_errors(folder: Path, wanted: Manifest) -> list[str]:
    """Return what is said where a run is made anew beside one of other files that has errors.

    Args:
        folder: of the wanted run; where it is there already, nothing is said.
        wanted: its manifest.
    """
    if (folder / MANIFEST).exists():
        return []
    notes = []
    alike = folder.name[: folder.name.rindex(wanted.hash)]
    for path in sorted(folder.parent.glob(f"{alike}*/{MANIFEST}")):
        with suppress(StoreError):
            found = open_run(path.parent).manifest
            before, now = found.identity, wanted.identity
            changed = {key for key in now if before.get(key) != now[key]}
            errors = sum(bool(track.trouble) for track in found.tracks)
            if errors and found.share == wanted.share and changed <= _FILES:
                notes.append(
                    f"audio has changed since {path.parent} was made, where {errors} of "
                    f"{len(found.tracks)} tracks have errors: this is a new run beside it; move "
                    "the old one away, so that tables show this one alone"
                )
    return notes


def _begun(run: Run, protocols: Sequence[Protocol]) -> dict[str, View]:
    """Return the latest view of the run that each protocol was begun with, by its id."""
    known = protocols_of(run) | {protocol.id: protocol for protocol in protocols}
    found: dict[str, View] = {}
    for layout in run.manifest.layouts:
        view = view_of(layout, known)
        if view is not None and view.layout == layout.key:  # else a protocol of a name has changed
            found |= dict.fromkeys((one.id for one in view.protocols), view)
    return found


def _is_timed(run: Run) -> bool:
    """Return whether every track that has statistics has its timings."""
    return all(
        run.timings(track).exists() or not run.cells(layout.key, track).exists()
        for layout in run.manifest.layouts
        for track in run.manifest.tracks
    )
