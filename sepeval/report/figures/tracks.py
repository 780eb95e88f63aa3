"""The figure that shows every track: one panel per stem and All, one line per system."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sepeval.protocol import Summary
from sepeval.report.drawing.canvas import GREY, Drawing, look, panels
from sepeval.results import Results, System
from sepeval.results.signature import between, line
from sepeval.results.traits import in_unit, with_unit
from sepeval.results.words import count_of
from sepeval.store.run import slug
from sepeval.summary import ALL, known_mean, per_track, score_frame, used_scores
from sepeval.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GOLDEN = (math.sqrt(5) - 1) / 2  # multiples of it spread evenly over the unit interval


@dataclass(frozen=True)
class Points:
    """The tracks of one system and stem.

    Attributes:
        values: [track], finite, sorted.
        infinite: how many tracks have an infinite value, which cannot be drawn.
        number: of the table; None where there is none.
    """

    values: Array
    infinite: int
    number: float | None

    @property
    def count(self) -> int:
        """Tracks that have a value."""
        return len(self.values) + self.infinite


def distribution(results: Results, summary: Summary, metric: str) -> Drawing:
    """Return the figure of every track's value under one summary of one metric.

    Args:
        results: the systems, one per line.
        summary: how a track's windows become its value.
        metric: name of the score.
    """
    points = tuple(_points(system, results, summary, metric) for system in results.systems)
    stems = _columns(results, summary)
    marks = f" ({'; '.join(results.shared_marks)})" if results.shared_marks else ""
    title = f"{metric} of every track, {results.protocol.id}{marks}"
    pairs = list(zip(results.systems, points, strict=True))
    medians = [
        f"{stem}: " + ", ".join(_spoken(system, own[place]) for system, own in pairs)
        for place, stem in enumerate(stems)
    ]
    unit = results.metrics[metric].unit
    return Drawing(
        name=slug(f"{results.protocol.id}--{metric}--{summary.name}--tracks"),
        title=title,
        words=f"Median over tracks, {in_unit(unit)}. {'. '.join(medians)}.",
        draw=partial(_draw, results, summary, metric, points, title),
    )


def words_of(summary: Summary) -> str:
    """Return how a track's value comes about: `median over windows, mean over replicates`."""
    parts = []
    for step in summary.steps:
        axes = [f"{axis}s" for axis in step.over if axis != "track"]
        if axes:
            parts.append(f"{step.by.replace('_', ' ')} over {' and '.join(axes)}")
    return ", then ".join(parts)


def _columns(results: Results, summary: Summary) -> list[str]:
    return [*results.protocol.stems, *([ALL] if summary.all_stems else [])]


def _points(system: System, results: Results, summary: Summary, metric: str) -> tuple[Points, ...]:
    """Return the tracks of a system for every stem, and for All."""
    scores = score_frame(system.run, results.protocol, beside=results.runs)
    used = used_scores(scores[scores["metric"] == metric], summary)
    numbers = {row.stem: row.value for row in system.rows_of(summary.name, metric)}
    with np.errstate(invalid="ignore"):
        values = {stem: per_track(used[used["stem"] == stem], summary) for stem in numbers}
    if ALL in numbers:
        inside = pd.DataFrame({stem: values[stem] for stem in summary.all_stems})
        means = known_mean(inside.to_numpy(np.float64), axis=1)
        values[ALL] = pd.Series(means, inside.index).dropna()
    return tuple(
        _of_column(np.asarray(values[stem], dtype=np.float64), numbers[stem])
        for stem in _columns(results, summary)
    )


def _of_column(values: Array, number: float | None) -> Points:
    finite = np.sort(values[np.isfinite(values)])
    return Points(finite, len(values) - len(finite), number)


def _spoken(system: System, points: Points) -> str:
    if not len(points.values):
        return f"{system.name} no value"
    return f"{system.name} {np.median(points.values):.2f}"


def _draw(
    results: Results,
    summary: Summary,
    metric: str,
    points: Sequence[tuple[Points, ...]],
    title: str,
) -> Figure:
    stems = _columns(results, summary)
    headings = [
        f"{stem} ({between(own[place].count for own in points)} tracks)"
        for place, stem in enumerate(stems)
    ]
    paper = panels(
        headings,
        [(system.name, results.own_marks(system)) for system in results.systems],
        title=title,
        below=with_unit(metric, results.metrics[metric].unit),
        legend=(
            f"point: a track ({words_of(summary)}"
            f"{'; of All the mean over its stems' if ALL in stems else ''}); box: quartiles and "
            "median of the tracks; "
            f"black diamond: the number of the table ({summary.name})"
        ),
        signature=line(results),
    )
    for place, axis in enumerate(paper.axes):
        most = max(own[place].count for own in points)
        for level, own in enumerate(points):
            _line(axis, level, own[place], most=most)
    return paper.figure


def _line(axis: Axes, level: int, points: Points, *, most: int) -> None:
    """Draw one system in one panel; say where it has fewer tracks than another."""
    colour, marker = look(level)
    said = [count_of(points.count, "track")] if 0 < points.count < most else []
    said += [f"{points.infinite} infinite, not drawn"] if points.infinite else []
    if said or not points.count:
        _say(axis, level if not len(points.values) else level - 0.36, ", ".join(said) or "no value")
    if points.number is not None:
        axis.plot(points.number, level + 0.37, "D", ms=4, color="black", zorder=4)
    if not len(points.values):
        return
    low, middle, high = np.quantile(points.values, [0.25, 0.5, 0.75])
    axis.barh(level, high - low, 0.56, low, color=colour, alpha=0.22, linewidth=0, zorder=2)
    axis.plot([middle, middle], [level - 0.28, level + 0.28], color=colour, lw=2, zorder=3)
    spread = (np.arange(1, len(points.values) + 1) * _GOLDEN % 1 - 0.5) * 0.5
    axis.plot(points.values, level + spread, marker, ms=3.6, mec="white", mew=0.3, color=colour)


def _say(axis: Axes, level: float, text: str) -> None:
    axis.text(
        0.98,
        level,
        text,
        ha="right",
        va="center",
        fontsize="small",
        color=GREY,
        style="italic",
        transform=axis.get_yaxis_transform(),
    )
