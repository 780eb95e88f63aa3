"""The chart of quality over cost: one point per system, and the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sepeval.report.drawing.canvas import GREY, blank, look
from sepeval.report.drawing.keys import key_height, put_key
from sepeval.report.drawing.lettering import wrapped
from sepeval.report.drawing.paper import paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEGEND = (
    "filled, on the grey line: nothing cheaper is as good (Pareto front); hollow: something is; no "
    "interval is shown"
)
_PAGE_IN = 6.5  # inches, width of a figure on a page
_CHART_IN = 3.2  # inches, height of a chart
_DECADE = 8.0  # ratio of the largest to the smallest cost from which an axis is logarithmic
_LONG = 200.0  # ratio from which only powers of ten are named


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


def draw(
    points: Sequence[Point],
    names: Sequence[str],
    *,
    title: str,
    beside: str,
    below: str,
    remarks: Sequence[str],
    signature: str,
) -> Figure:
    """Return the chart.

    Args:
        points: from cheap to dear.
        names: of all systems, for the key, by their places.
        title: above all.
        beside: what is good, with its unit.
        below: what it costs.
        remarks: what a reader must know besides.
        signature: in small print under the figure.
    """
    legend = "; ".join([_LEGEND, *remarks])
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
    _scale(axis, [one.cost for one in points])
    axis.set_xlabel(wrapped(below, width - 0.5, points=paper().text), parse_math=False)
    return figure


def _scale(axis: Axes, costs: Sequence[float]) -> None:
    """Make the axis of cost logarithmic where it is long, with plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    if min(costs) <= 0.0 or max(costs) < _DECADE * min(costs):
        return
    axis.set_xscale("log")
    is_long = max(costs) > _LONG * min(costs)
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0,) if is_long else (1.0, 2.0, 5.0)))
    axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.xaxis.set_minor_locator(NullLocator())
