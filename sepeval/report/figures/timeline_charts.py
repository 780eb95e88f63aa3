"""The charts of one track over time: scores, windows without a value, level of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sepeval.report.drawing.canvas import GREY, blank, look
from sepeval.report.drawing.keys import LINES, key_height, put_key
from sepeval.report.drawing.lettering import shortened
from sepeval.report.drawing.paper import paper
from sepeval.report.figures.lanes import Lane
from sepeval.types import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PAGE_IN = 9.0  # inches, width of a figure on a page
_SCORE_IN = 1.15  # inches, height of a chart of scores
_LEVEL_IN = 0.34  # inches, height of a chart of levels
_LANE_IN = 0.13  # inches, height of a line of windows without a value
_MARKED = 60  # windows that have a marker each; of more, only some
_SIGNS: Mapping[str, tuple[str, str]] = MappingProxyType(  # letter and hatch of a status
    {
        str(Status.SILENT_REFERENCE): ("r", "////"),
        str(Status.SILENT_ESTIMATE): ("e", "\\\\\\\\"),
        str(Status.SILENT_OTHER): ("o", "...."),
        str(Status.UNDEFINED): ("?", "xxxx"),
        str(Status.ILL_CONDITIONED): ("i", "++++"),
        str(Status.PLUS_INF): ("+", "||||"),
        str(Status.MINUS_INF): ("-", "----"),
        str(Status.ERROR): ("!", "****"),
    }
)


def draw(lanes: Sequence[Lane], *, title: str, beside: str, below: str, signature: str) -> Figure:
    """Return the figure: of each stem a chart of scores, one of gaps, one of the reference.

    Args:
        lanes: the stems.
        title: above all.
        beside: what the scores are, with the unit.
        below: what the horizontal axis shows.
        signature: in small print under the figure.
    """
    width = paper().width_in or _PAGE_IN
    names = [curve.name for curve in lanes[0].curves]
    heights = [key_height(names, width)]
    for lane in lanes:
        heights += [_SCORE_IN, max(0.02, _LANE_IN * len(lane.rows)), _LEVEL_IN]
    figure = blank(
        width,
        sum(heights) + 0.32 * len(lanes) + 0.4,
        title=title,
        legend=_legend(lanes),
        signature=signature,
    )
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    put_key(figure.add_subplot(grid[0]), names, width)
    stop = _stop(lanes)
    for place, lane in enumerate(lanes):
        axes = [figure.add_subplot(grid[3 * place + 1 + row]) for row in range(3)]
        for axis in axes:
            axis.set_xlim(0.0, stop)
            axis.tick_params(labelbottom=False)
        axes[0].set_title(lane.stem, loc="left", parse_math=False)
        axes[0].set_ylabel(beside, parse_math=False)
        _scores(axes[0], lane)
        _gaps(axes[1], lane, stop)
        _level(axes[2], lane)
    axes[2].tick_params(labelbottom=True)
    axes[2].set_xlabel(below)
    return figure


def _stop(lanes: Sequence[Lane]) -> float:
    """Return where the last window or cell ends; 1 where a track has neither."""
    ends = [one.stop for lane in lanes for one in lane.curves]
    ends += [lane.activity.edges for lane in lanes if lane.activity]
    return float(np.concatenate([*ends, [0.0]]).max()) or 1.0


def _legend(lanes: Sequence[Lane]) -> str:
    seen = {one.status for lane in lanes for _, gaps in lane.rows for one in gaps}
    told = [f"{letter} {name}" for name, (letter, _) in _SIGNS.items() if name in seen]
    words = "line: score of each window, at its middle"
    if any(np.any(one.high > one.low) for lane in lanes for one in lane.curves):
        words += "; band: from the smallest to the largest replicate"
    if told:
        words += f"; hatched strip: no value, because of {', '.join(told)}"
    words += "; grey below: level of the reference in dB below full scale"
    if any(lane.silent for lane in lanes):
        words += ", hatched where the protocol calls it silent"
    return f"{words}; no interval is shown"


def _scores(axis: Axes, lane: Lane) -> None:
    axis.grid(color="#DDDDDD", linewidth=0.6)
    axis.margins(y=0.12)
    for place, curve in enumerate(lane.curves):
        colour, marker = look(place)
        middle = (curve.start + curve.stop) / 2
        every = max(1, -(-len(middle) // _MARKED))
        style = LINES[place % len(LINES)]
        axis.plot(middle, curve.value, color=colour, lw=1.1, ls=style, zorder=3)
        axis.plot(
            middle[place % every :: every],
            curve.value[place % every :: every],
            marker,
            ms=3.2,
            mec="white",
            mew=0.3,
            color=colour,
            zorder=4,
        )
        if np.any(curve.high > curve.low):
            axis.fill_between(middle, curve.low, curve.high, color=colour, alpha=0.2, lw=0)
        if len(middle) <= 3:  # few windows are long: show how far they reach
            axis.hlines(curve.value, curve.start, curve.stop, color=colour, lw=1.1)
    if not any(np.isfinite(curve.value).any() for curve in lane.curves):
        axis.set_yticks([])
        axis.text(
            0.5, 0.5, "no value", ha="center", color=GREY, style="italic", transform=axis.transAxes
        )


def _gaps(axis: Axes, lane: Lane, stop: float) -> None:
    """Draw who lacks a value where, one row for those who lack the same."""
    rows = lane.rows
    axis.set_ylim(max(1, len(rows)), 0)
    axis.set_yticks([])
    axis.tick_params(bottom=False)
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)
    sheet = paper()
    for level, (name, gaps) in enumerate(rows):
        axis.text(
            -0.008,
            level + 0.5,
            shortened(name, 12 if sheet.width_in else 20),
            ha="right",
            va="center",
            fontsize="x-small",
            parse_math=False,
            transform=axis.get_yaxis_transform(),
        )
        for one in gaps:
            letter, hatch = _SIGNS[one.status]
            start, end = (one.start, one.stop) if one.stop > one.start else (0.0, stop)
            axis.broken_barh(
                [(start, end - start)],
                (level + 0.1, 0.8),
                facecolor="#F2F2F2",
                edgecolor="#9A9A9A",
                hatch=hatch,
                lw=0.4,
            )
            if end - start > 0.012 * stop:
                axis.text(
                    (start + end) / 2,
                    level + 0.52,
                    letter,
                    ha="center",
                    va="center",
                    fontsize="x-small",
                    fontweight="bold",
                    clip_on=True,
                    bbox={"boxstyle": "square,pad=0.08", "fc": "white", "lw": 0},
                )


def _level(axis: Axes, lane: Lane) -> None:
    if lane.activity is None:
        axis.set_yticks([])
        axis.text(
            0.01,
            0.5,
            "level not stored",
            va="center",
            fontsize="x-small",
            color=GREY,
            style="italic",
            transform=axis.transAxes,
            bbox={"fc": "white", "lw": 0, "pad": 0.8},
        )
        axis.set_ylim(0.0, 1.0)
    else:
        shown = lane.activity
        axis.stairs(
            shown.level_db, shown.edges, baseline=shown.floor_db, fill=True, color="#A6A6A6"
        )
        axis.set_ylim(shown.floor_db, 0.0)
        axis.set_yticks([-60.0, 0.0], ["−60", "0"], fontsize="x-small")
    for one in lane.silent:
        axis.axvspan(one.start, one.stop, fc="none", ec="#6A6A6A", hatch="////", lw=0)
