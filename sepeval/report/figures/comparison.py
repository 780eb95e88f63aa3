"""Figures of a comparison; that of every track's difference is made here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sepeval.compare import Comparison, Difference
from sepeval.report.drawing.canvas import GREY, Drawing, look, panels
from sepeval.report.figures.ranks import name_of, ranks
from sepeval.results.signature import line
from sepeval.results.traits import direction, in_unit, with_unit
from sepeval.results.words import count_of
from sepeval.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GOLDEN = (5**0.5 - 1) / 2  # spreads points evenly without chance


def drawings(comparison: Comparison) -> tuple[Drawing, ...]:
    """Return the figures of a comparison; that of ranks needs three systems."""
    found = [differences(comparison)]
    if len(comparison.results.systems) > 2 and comparison.standings:
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
        name=name_of(comparison, "differences"),
        title=title,
        words=f"Differences {in_unit(record.unit)}, {direction(record)}. {spoken}.",
        draw=partial(_draw_differences, comparison, title),
    )


def _draw_differences(comparison: Comparison, title: str) -> Figure:
    every = list(dict.fromkeys(one.stem for one in comparison.differences))
    stems = [
        stem
        for stem in every
        if any(one.tracks for one in comparison.differences if one.stem == stem)
    ]
    empty = [stem for stem in every if stem not in stems]
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
            + (f"; nothing is compared of {', '.join(empty)}" if empty else "")
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
