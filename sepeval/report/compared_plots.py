"""Figures of a comparison: every track's difference, and the critical-difference diagram."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sepeval.compare import Comparison, Difference, Standing
from sepeval.report.canvas import GREY, Drawing, look, panels
from sepeval.results.signature import line
from sepeval.results.traits import direction, in_unit, with_unit
from sepeval.results.words import count_of
from sepeval.store.run import slug
from sepeval.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GOLDEN = (5**0.5 - 1) / 2  # spreads points evenly without chance


def drawings(comparison: Comparison) -> tuple[Drawing, ...]:
    """Return the figures of a comparison; that of ranks needs three systems."""
    found = [differences(comparison)]
    if len(comparison.results.systems) > 2:
        found.append(ranks(comparison))
    return tuple(found)


def differences(comparison: Comparison) -> Drawing:
    """Return the figure of every track's difference from the baseline, with the interval."""
    record = comparison.results.metrics[comparison.metric]
    title = (
        f"{comparison.metric}, difference from {comparison.baseline} on every track, "
        f"{comparison.results.protocol.id}"
    )
    spoken = ". ".join(
        f"{one.system}, {one.stem}: {one.difference:+.2f} ({one.low:+.2f} to {one.high:+.2f})"
        for one in comparison.differences
        if None not in (one.difference, one.low, one.high)
    )
    return Drawing(
        name=_name(comparison, "differences"),
        title=title,
        words=f"Differences {in_unit(record.unit)}, {direction(record)}. {spoken}.",
        draw=partial(_draw_differences, comparison, title),
    )


def ranks(comparison: Comparison) -> Drawing:
    """Return the critical-difference diagram: mean ranks over tracks, by stem and All."""
    title = f"Mean rank over tracks by {comparison.metric}, {comparison.results.protocol.id}"
    spoken = ". ".join(
        f"{one.stem}: "
        + ", ".join(f"{place.system} {place.mean_rank:.2f}" for place in one.places)
        + f", critical difference {one.critical:.2f}"
        for one in comparison.standings
    )
    return Drawing(
        name=_name(comparison, "ranks"),
        title=title,
        words=f"Mean ranks. {spoken}.",
        draw=partial(_draw_ranks, comparison, title),
    )


def _name(comparison: Comparison, what: str) -> str:
    parts = (comparison.results.protocol.id, comparison.metric, comparison.summary, what)
    return slug("--".join(parts))


def _draw_differences(comparison: Comparison, title: str) -> Figure:
    stems = list(dict.fromkeys(one.stem for one in comparison.differences))
    systems = list(dict.fromkeys(one.system for one in comparison.differences))
    shown = {(one.system, one.stem): one for one in comparison.differences}
    unit = comparison.results.metrics[comparison.metric].unit
    headings = [
        f"{stem} ({count_of(max(shown[system, stem].tracks for system in systems), 'track')})"
        for stem in stems
    ]
    paper = panels(
        headings,
        [(system, ()) for system in systems],
        title=title,
        below=with_unit("difference", unit),
        legend=(
            "point: a track; diamond and bar: the difference of the table's numbers over these "
            f"tracks and its {100 * comparison.confidence:g} % interval (BCa bootstrap over tracks)"
        ),
        signature=line(comparison.results),
    )
    names = [one.name for one in comparison.results.systems]
    for axis, stem in zip(paper.axes, stems, strict=True):
        axis.axvline(0.0, color="black", lw=0.8, zorder=1)
        for level, system in enumerate(systems):
            moves = np.array(
                [
                    one.difference
                    for one in comparison.moves
                    if (one.system, one.stem) == (system, stem)
                ]
            )
            row = shown[system, stem]
            ties = np.zeros(row.tracks - len(moves))
            _points(axis, level, names.index(system), np.concatenate([np.sort(moves), ties]))
            _interval(axis, level, row)
    return paper.figure


def _points(axis: Axes, level: int, place: int, values: Array) -> None:
    """Draw every track of one system in one panel."""
    colour, marker = look(place)
    spread = (np.arange(1, len(values) + 1) * _GOLDEN % 1 - 0.5) * 0.4 - 0.1
    axis.plot(values, level + spread, marker, ms=3.8, mec="white", mew=0.3, color=colour, zorder=2)


def _interval(axis: Axes, level: int, row: Difference) -> None:
    """Draw the difference of the numbers and its interval."""
    if row.difference is None:
        axis.text(
            0.98,
            level,
            "no value",
            ha="right",
            va="center",
            fontsize="small",
            color=GREY,
            style="italic",
            transform=axis.get_yaxis_transform(),
        )
        return
    if row.low is not None and row.high is not None:
        axis.plot([row.low, row.high], [level + 0.32] * 2, color="black", lw=1.6, zorder=3)
    axis.plot(row.difference, level + 0.32, "D", ms=4.5, color="black", zorder=4)


def _draw_ranks(comparison: Comparison, title: str) -> Figure:
    names = [one.name for one in comparison.results.systems]
    paper = panels(
        [f"{one.stem} ({count_of(one.tracks, 'track')})" for one in comparison.standings],
        [(name, ()) for name in names],
        title=title,
        below="mean rank (1 is best)",
        legend=(
            "marker: mean rank over tracks; grey band: reaches one critical difference "
            f"({100 * comparison.confidence:g} %) from the best system; systems inside are not "
            "told apart from it"
        ),
        signature=line(comparison.results),
    )
    for axis, one in zip(paper.axes, comparison.standings, strict=True):
        _diagram(axis, one)
    return paper.figure


def _diagram(axis: Axes, standing: Standing) -> None:
    """Draw the mean ranks of one stem, and how far from the best a test can tell."""
    best = min(place.mean_rank for place in standing.places)
    axis.axvspan(best, best + standing.critical, color="#E4E4E4", lw=0, zorder=0)
    axis.set_xlim(0.7, len(standing.places) + 0.3)
    for level, place in enumerate(standing.places):
        colour, marker = look(level)
        axis.plot([1, place.mean_rank], [level] * 2, color=colour, lw=1, alpha=0.5, zorder=1)
        axis.plot(place.mean_rank, level, marker, ms=6.5, color=colour, zorder=3)
