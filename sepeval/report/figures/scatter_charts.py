"""The charts of a scatter: points, the diagonal, names of the tracks far off, counts in corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sepeval.report.drawing.canvas import GREY, charts, look
from sepeval.report.drawing.lettering import shortened
from sepeval.report.drawing.paper import paper
from sepeval.report.figures.paired_tracks import FENCE, NAMED, Pairs, Side, far, likeness, winners
from sepeval.results.words import count_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CORNER = 0.21  # of a chart's height that the words in its corners take
_LETTER = 0.045  # of a chart's width that a letter of a name takes at most
_STEP = 0.075  # of a chart's height between two names


def draw(
    title: str,
    stems: Sequence[str],
    sides: Sequence[Side],
    pairs: Sequence[Pairs],
    signed: str,
    upward: bool | None,
    how: str,
) -> Figure:
    """Return the figure.

    Args:
        title: above all.
        stems: titles of the charts.
        sides: of the horizontal and the vertical axes.
        pairs: the tracks of each stem.
        signed: the signature.
        upward: whether higher is better; None where no side is the better one.
        how: a track's value comes about.
    """
    one_unit = sides[0].unit == sides[1].unit
    away = "farthest from the diagonal" if one_unit else "whose ranks differ most"
    legend = f"point: a track ({how})"
    legend += ", with the marker of the better system; " if upward is not None else "; "
    legend += "line: both are equal; " if one_unit else ""
    legend += (
        f"named: the track {away}, and others beyond {FENCE} interquartile ranges, "
        f"{NAMED} at most; "
        "tracks without a finite value of both are left out; no interval is shown"
    )
    found = charts(
        [f"{stem} ({_counted(own)})" for stem, own in zip(stems, pairs, strict=True)],
        title=title,
        beside=_label(sides[1]),
        legend=legend,
        signature=signed,
        shared=False,
    )
    for axis, own in zip(found.axes, pairs, strict=True):
        axis.set_xlabel(_label(sides[0]), parse_math=False)
        _scale(axis, own, one_unit=one_unit)
        _points(axis, own, sides, upward)
        _name_far(axis, own, one_unit=one_unit)
        _say(axis, own, sides, upward)
    return found.figure


def _label(side: Side) -> str:
    """Return the name of an axis, which is broken and shortened in a column."""
    if paper().width_in is None:
        return f"{shortened(side.name, 30)}: {side.measure}"
    return f"{shortened(side.name, 18)}\n{side.measure}"


def _counted(pairs: Pairs) -> str:
    found = len(pairs.tracks)
    total = found + pairs.without
    return f"{found} of {total} tracks" if pairs.without else count_of(found, "track")


def _say(axis: Axes, pairs: Pairs, sides: Sequence[Side], upward: bool | None) -> None:
    """Write into the corners who is better on how many tracks, or how alike the orders are."""
    if upward is None:
        corners = [likeness(pairs), ""]
    else:
        better = winners(pairs, upward=upward)
        above = 1 if upward else 0
        corners = [
            f"{shortened(sides[one].name, 18)}\nbetter on {int((better == one).sum())}"
            for one in (above, 1 - above)
        ]
    for text, (x, y), ha, va in zip(
        corners, ((0.02, 0.98), (0.98, 0.02)), ("left", "right"), ("top", "bottom"), strict=True
    ):
        axis.text(
            x,
            y,
            text,
            ha=ha,
            va=va,
            fontsize="small",
            color=GREY,
            style="italic",
            transform=axis.transAxes,
            parse_math=False,
        )


def _scale(axis: Axes, pairs: Pairs, *, one_unit: bool) -> None:
    """Give both axes one range, with the diagonal, where they have one unit."""
    if not one_unit or not len(pairs.tracks):
        axis.margins(0.12)
        return
    both = np.concatenate([pairs.below, pairs.beside])
    low, high = float(both.min()), float(both.max())
    edge = 0.12 * (high - low) or 1.0
    axis.set_xlim(low - edge, high + edge)
    axis.set_ylim(low - edge, high + edge)
    axis.set_aspect("equal")
    axis.axline((low, low), slope=1.0, color=GREY, lw=0.8, zorder=1)


def _points(axis: Axes, pairs: Pairs, sides: Sequence[Side], upward: bool | None) -> None:
    if upward is None:
        colour, marker = look(0)
        axis.plot(pairs.below, pairs.beside, marker, ms=4, color=colour, mec="white", mew=0.3)
        return
    better = winners(pairs, upward=upward)
    for which, (colour, marker) in enumerate(look(side.place) for side in sides):
        own = better == which
        axis.plot(
            pairs.below[own], pairs.beside[own], marker, color=colour, mec="white", mew=0.3, ms=4.5
        )
    own = better < 0
    axis.plot(pairs.below[own], pairs.beside[own], "+", ms=5, color="black")


def _name_far(axis: Axes, pairs: Pairs, *, one_unit: bool) -> None:
    """Write the names of the tracks that lie far off beside them, so that none covers another."""
    chosen = far(pairs, one_unit=one_unit)
    if not chosen:
        return
    inverse = axis.transAxes.inverted()
    spots = axis.transData.transform(np.stack([pairs.below[chosen], pairs.beside[chosen]], axis=1))
    places = inverse.transform(spots)
    most = 24 if paper().width_in is None else 18
    last = -1.0
    for order in np.argsort(places[:, 1], kind="stable"):
        x, y = places[order]
        text = shortened(pairs.tracks[chosen[order]], most)
        reach = _LETTER * len(text)
        low = _CORNER if x + (0.0 if x > 0.5 else reach) > 0.45 else 0.03
        high = _CORNER if x - (reach if x > 0.5 else 0.0) < 0.55 else 0.03
        level = float(max(min(max(y + 0.03, low), 1.0 - high), last + _STEP))
        last = level
        axis.annotate(
            text,
            (pairs.below[chosen[order]], pairs.beside[chosen[order]]),
            (float(x) + (-0.03 if x > 0.5 else 0.03), level),
            textcoords="axes fraction",
            ha="right" if x > 0.5 else "left",
            va="center",
            fontsize="x-small",
            parse_math=False,
            arrowprops={"arrowstyle": "-", "lw": 0.5, "color": GREY, "shrinkA": 0, "shrinkB": 2},
            bbox={"fc": "white", "lw": 0, "pad": 0.4, "alpha": 0.75},
        )
