"""Figures that look closer: tracks, one track over time, gains on silence, protocols apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sepeval.errors import StoreError, UnknownNameError
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.figures import silence as of_silence
from sepeval.report.figures.rosetta import rosetta_of
from sepeval.report.figures.scatter import scatter
from sepeval.report.figures.timeline import timeline
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.pictures import Picture, drawn
from sepeval.report.pages.ranking import Ranking
from sepeval.results import Results
from sepeval.silence import silence

_MOST = 6  # systems that are drawn against the baseline


@dataclass(frozen=True)
class Look:
    """Figures that answer one question.

    Attributes:
        title: of the figures.
        words: what they show, or why they are not here.
        pictures: the figures.
        folded: whether a reader unfolds them, as they are many.
    """

    title: str
    words: str
    pictures: tuple[Picture, ...]
    folded: bool = False


def looks(
    results: Results, ranking: Ranking, folder: Folder, where: str, *, baseline: str
) -> tuple[Look, ...]:
    """Return what there is to look at in a section, by its first number.

    Args:
        results: of the section.
        ranking: of its tracks.
        folder: of the report.
        where: folder of the figures, inside the report.
        baseline: name or hash of the system that others are held against; the first system where
            none is named so.
    """
    names = {one.run.manifest.hash: one.name for one in results.systems}
    known = [one.name for one in results.systems]
    first = names.get(baseline, baseline if baseline in known else known[0])
    summary, metric = results.keys[0]

    def shown(title: str, words: str, drawings: Sequence[Drawing]) -> Look:
        return Look(title, words, tuple(drawn(one, folder, where) for one in drawings))

    found = []
    if 1 < len(known) <= _MOST:
        words = f"Every system against {first}; a point above the diagonal is a track it wins."
        drawings = scatter(results, summary, metric, baseline=first)
        found.append(replace(shown("Track against track", words, drawings), folded=True))
    elif len(known) > _MOST:
        words = (
            f"Not drawn for {len(known)} systems; `sepeval plot RUN RUN --kind scatter --baseline "
            f"{first}` draws two."
        )
        found.append(Look("Track against track", words, ()))
    track = (ranking.different or ranking.worst)[:1]
    if track:
        which = "on which the systems differ most" if ranking.different else "with the worst number"
        drawing = timeline(results, metric, track[0].id)
        found.append(shown("One track over time", f"The track {which}.", [drawing]))
    gains = _gains(results, metric, first)
    if gains:
        words = "What the systems gain where the stem sounds, and where it is silent."
        found.append(shown("Where gains are made", words, gains))
    return tuple(found)


def protocols_apart(found: Sequence[Results], folder: Folder, where: str) -> Picture | None:
    """Return the figure of protocols against each other; None for one protocol, or without All.

    Args:
        found: the same systems under several protocols.
        folder: of the report.
        where: folder of the figure, inside the report.
    """
    systems = [tuple(one.name for one in results.systems) for results in found]
    shared = [one for one, names in zip(found, systems, strict=True) if names == systems[0]]
    if len(shared) < 2:
        return None
    try:
        return drawn(rosetta_of(shared), folder, where)
    except UnknownNameError:  # no protocol has a number of all stems
        return None


def _gains(results: Results, metric: str, baseline: str) -> tuple[Drawing, ...]:
    """Return the figures of gains on silence; none where no silent reference is scored."""
    silent = any(row.silent for one in results.systems for row in one.rows if row.metric == metric)
    entry = next(one for one in results.protocol.metrics if one.name == metric)
    stored = [
        any(results.protocol.id in layout.protocols for layout in run.manifest.layouts)
        for run in results.runs
    ]
    is_asked = silent and len(results.systems) > 1 and entry.where == "every_window"
    if not is_asked or not all(stored):  # imported scores have no statistics
        return ()
    try:
        return of_silence.figures(
            silence(results.runs, protocol=results.protocol.id, metric=metric, baseline=baseline)
        )
    except StoreError:  # what is missing or damaged is told by the audits
        return ()
