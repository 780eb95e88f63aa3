"""Figures of quality over cost, from the timings that runs store beside their scores.

The time is that of the run itself: seconds per call over seconds of audio, the median of all calls
but those of the first track, on whatever machine made the run. It is no measurement under a timing
protocol; `sepeval time` makes those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sepeval.errors import StoreError
from sepeval.report.canvas import GREY, Drawing, blank, look
from sepeval.report.keys import key_height, put_key
from sepeval.report.lettering import wrapped
from sepeval.report.paper import paper
from sepeval.results import Results, System, line
from sepeval.results.traits import direction, in_unit, with_unit
from sepeval.store import Run, parts
from sepeval.store.run import slug
from sepeval.summary import ALL, SummaryRow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE_IN = 6.5  # inches, width of a figure on a page
_CHART_IN = 3.2  # inches, height of a chart
_DECADE = 8.0  # ratio of the largest to the smallest cost from which an axis is logarithmic


@dataclass(frozen=True)
class Cost:
    """What a run spent.

    Attributes:
        rtf: seconds spent per second of audio.
        nfe_per_s: network evaluations per second of audio.
    """

    rtf: float
    nfe_per_s: float


@dataclass(frozen=True)
class Point:
    """A system with its number and its cost.

    Attributes:
        name: of the system.
        place: among all systems, for its colour and marker.
        cost: seconds or evaluations per second of audio.
        value: the number of the table.
        is_best: whether nothing cheaper is as good, and nothing as cheap is better.
    """

    name: str
    place: int
    cost: float
    value: float
    is_best: bool


def cost_of(run: Run) -> Cost | None:
    """Return what a run spent, from its stored timings; None where it was not timed.

    Raises:
        StoreError: a file of timings is damaged.
    """
    paths = [run.timings(track) for track in run.manifest.tracks]
    tables = [parts.read_table(path)[0].to_pandas() for path in paths if path.exists()]
    if not tables:
        return None
    calls, warm = pd.concat(tables), pd.concat(tables[1:] or tables)
    return Cost(
        rtf=float((warm["seconds"] / warm["audio_s"]).median()),
        nfe_per_s=float(calls["nfe"].sum() / calls["audio_s"].sum()),
    )


def quality(results: Results, summary: str, metric: str) -> tuple[Drawing, ...]:
    """Return the figures of quality over time and, where networks were counted, over evaluations.

    Args:
        results: the systems.
        summary: name of the reduction.
        metric: name of the score.

    Raises:
        StoreError: no run has both timings and a number.
    """
    costs = [cost_of(system.run) for system in results.systems]
    numbers = [_number(system, summary, metric) for system in results.systems]
    if not any(cost and row.value is not None for cost, row in zip(costs, numbers, strict=True)):
        message = (
            "no run has timings and a number: runs of separators are timed, estimates read from "
            "files are not; see `sepeval time`"
        )
        raise StoreError(message)
    upward = results.metrics[metric].higher_is_better
    found = []
    for name, told, below in (
        ("rtf", "time", "seconds spent per second of audio, on the machines of the runs"),
        ("nfe_per_s", "nfe", "network evaluations per second of audio"),
    ):
        known = [
            (system.name, place, float(getattr(cost, name)), row.value)
            for place, (system, cost, row) in enumerate(
                zip(results.systems, costs, numbers, strict=True)
            )
            if cost is not None and row.value is not None
        ]
        if name == "rtf" or len({one[2] for one in known}) > 1:
            points = front(known, upward=upward)
            left = [
                system.name
                for place, system in enumerate(results.systems)
                if place not in {one.place for one in points}
            ]
            found.append(_drawing(results, summary, metric, points, left, told, below))
    return tuple(found)


def front(known: Sequence[tuple[str, int, float, float]], *, upward: bool) -> tuple[Point, ...]:
    """Return points from cheap to dear, those of the Pareto front marked.

    Args:
        known: name, place, cost and value of each.
        upward: whether a higher value is better.

    Example:
        >>> found = front([("a", 0, 1.0, 5.0), ("b", 1, 2.0, 4.0)], upward=True)
        >>> [point.is_best for point in found]
        [True, False]
    """
    sign = 1.0 if upward else -1.0
    ordered = sorted(known, key=lambda one: (one[2], -sign * one[3]))
    found: list[Point] = []
    best, at = -float("inf"), -1.0
    for name, place, cost, value in ordered:
        is_equal = sign * value == best and cost == at
        is_best = sign * value > best or is_equal
        found.append(Point(name, place, cost, value, is_best))
        if is_best:
            best, at = sign * value, cost
    return tuple(found)


def _number(system: System, summary: str, metric: str) -> SummaryRow:
    """Return the number over all stems, or of the only one."""
    rows = system.rows_of(summary, metric)
    return next((row for row in rows if row.stem == ALL), rows[0])


def _drawing(
    results: Results,
    summary: str,
    metric: str,
    points: Sequence[Point],
    left: Sequence[str],
    told: str,
    below: str,
) -> Drawing:
    record = results.metrics[metric]
    stem = _number(results.systems[0], summary, metric).stem
    spent = "time" if told == "time" else "network evaluations"
    title = (
        f"What does quality cost in {spent}? {metric} of {stem}, {direction(record)}, "
        f"{results.protocol.id}"
    )
    spoken = ". ".join(
        f"{one.name}: {one.value:.2f} at {one.cost:.3g}{', front' if one.is_best else ''}"
        for one in points
    )
    return Drawing(
        name=slug(f"{results.protocol.id}--{metric}--{summary}--quality-{told}"),
        title=title,
        words=f"Values {in_unit(record.unit)}, over {below}. {spoken}.",
        draw=lambda: _draw(
            points,
            [one.name for one in results.systems],
            title=title,
            beside=with_unit(metric, record.unit),
            below=below,
            left=left,
            signature=line(results),
        ),
    )


def _draw(
    points: Sequence[Point],
    names: Sequence[str],
    *,
    title: str,
    beside: str,
    below: str,
    left: Sequence[str],
    signature: str,
) -> Figure:
    legend = (
        "filled, on the grey line: nothing cheaper is as good (Pareto front); hollow: something "
        "is; no interval is shown"
    )
    legend += f"; not timed, or without a number: {', '.join(left)}" if left else ""
    width = paper().width_in or _PAGE_IN
    high = min(0.62 * width, _CHART_IN)
    above = key_height(names, width)
    figure = blank(width, above + high + 0.1, title=title, legend=legend, signature=signature)
    grid = figure.add_gridspec(2, 1, height_ratios=[above, high])
    put_key(figure.add_subplot(grid[0]), names, width, joined=False)
    axis = figure.add_subplot(grid[1])
    axis.grid(color="#DDDDDD", linewidth=0.6)
    axis.set_ylabel(beside, parse_math=False)
    best = [one for one in points if one.is_best]
    axis.step(
        [one.cost for one in best],
        [one.value for one in best],
        where="post",
        color=GREY,
        lw=1,
        zorder=1,
    )
    for one in points:
        colour, marker = look(one.place)
        face = colour if one.is_best else "white"
        axis.plot(one.cost, one.value, marker, ms=5.5, mew=1.2, mfc=face, mec=colour, zorder=3)
    axis.margins(0.12)
    smallest = min(one.cost for one in points)
    if smallest > 0.0 and max(one.cost for one in points) >= _DECADE * smallest:
        axis.set_xscale("log")
    axis.set_xlabel(wrapped(below, width - 0.5, points=paper().text), parse_math=False)
    return figure
