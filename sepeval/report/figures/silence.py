"""Two figures: where gains are made, and what a score on silence is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sepeval.report.drawing.canvas import GREY, Drawing, charts, look, panels
from sepeval.results import signature
from sepeval.silence import ZEROS, Gain, Point, Silence
from sepeval.store.run import slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "pdf")
_BAR = 0.34  # of the distance between two lines
_ACTIVE, _SILENT = "#404040", "#FFFFFF"  # dark and hatched: told apart in grey


def figures(found: Silence) -> tuple[Drawing, ...]:
    """Return the figures that there is something to show in."""
    stem = slug(f"silence--{found.protocol.id}--{found.metric}")
    drawn = []
    if found.gains:
        drawn.append(
            Drawing(
                name=f"{stem}--gains",
                title=_title_of_gains(found),
                words=". ".join(_spoken(one) for one in found.gains) + ".",
                draw=partial(_draw_gains, found),
            )
        )
    if found.points:
        drawn.append(
            Drawing(
                name=f"{stem}--closed-form",
                title=_title_of_points(found),
                words=f"{len(found.points)} windows with a silent reference.",
                draw=partial(_draw_points, found),
            )
        )
    return tuple(drawn)


def write(found: Silence, folder: Path, *, formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write the figures and return their paths; the same runs give the same bytes.

    Raises:
        StoreError: a file cannot be written.
    """
    return tuple(path for one in figures(found) for path in one.write(folder, formats))


def _title_of_gains(found: Silence) -> str:
    return f"Where the gain over {found.baseline} is made: {found.metric}, {found.protocol.id}"


def _title_of_points(found: Silence) -> str:
    return f"What {found.metric} is on a silent reference: {found.protocol.id}"


def _spoken(one: Gain) -> str:
    return (
        f"{one.system}, {one.stem}: {one.scored:+.2f} dB, of which {one.from_active:+.2f} on "
        f"sounding and {one.from_silence:+.2f} on silent references"
    )


def _draw_gains(found: Silence) -> Figure:
    stems = list(dict.fromkeys(one.stem for one in found.gains))
    systems = list(dict.fromkeys(one.system for one in found.gains))
    shares = {stem: found.part(found.baseline, stem).share for stem in stems}
    paper = panels(
        [f"{stem} ({100 * shares[stem]:.0f} % silent)" for stem in stems],
        [(system, ()) for system in systems],
        title=_title_of_gains(found),
        below="gain (dB)",
        legend=(
            "dark bar: part of the gain made where the reference sounds; hatched bar: part made "
            "where it is silent; line with diamond: their sum, the gain of the mean over all "
            "windows; % silent: share of windows with a silent reference"
        ),
        signature=signature(found.runs, found.protocol.id),
    )
    ends = [0.0, *(value for one in found.gains for value in _ends(one))]
    room = 0.05 * (max(ends) - min(ends))
    for axis, stem in zip(paper.axes, stems, strict=True):
        axis.set_xlim(min(ends) - room, max(ends) + room)
        axis.axvline(0.0, color="black", lw=0.8)
        for level, system in enumerate(systems):
            own = [one for one in found.gains if (one.system, one.stem) == (system, stem)]
            for one in own:
                _bars(axis, level, one)
    return paper.figure


def _ends(one: Gain) -> tuple[float, float, float]:
    return one.scored, one.from_active, one.from_silence


def _bars(axis: Axes, level: int, one: Gain) -> None:
    """Draw the two parts of a gain below each other, and their sum."""
    upper, lower = level - _BAR / 2.0, level + _BAR / 2.0
    axis.barh(upper, one.from_active, height=_BAR, color=_ACTIVE, edgecolor="black", linewidth=0.8)
    axis.barh(
        lower,
        one.from_silence,
        height=_BAR,
        color=_SILENT,
        edgecolor="black",
        linewidth=0.8,
        hatch="////",
    )
    axis.plot([one.scored] * 2, [level - _BAR, level + _BAR], color="black", lw=1.2, zorder=3)
    axis.plot(one.scored, level, "D", ms=4.5, mfc="white", mec="black", mew=1.2, zorder=4)


def _draw_points(found: Silence) -> Figure:
    systems = [name for name in found.systems if name != ZEROS]
    stems = [stem for stem in found.protocol.stems if any(p.stem == stem for p in found.points)]
    signs = ", ".join(f"{_WORDS[look(place)[1]]} {name}" for place, name in enumerate(systems))
    counts = {stem: sum(one.stem == stem for one in found.points) for stem in stems}
    paper = charts(
        [f"{stem} ({counts[stem]} scores)" for stem in stems],
        title=_title_of_points(found),
        beside=f"{found.metric}, measured (dB)",
        legend=(
            f"{signs}; filled: the reference is exactly zero; hollow: it is under the threshold "
            "and not zero; line: score = level of the mixture over level of the leak"
        ),
        signature=signature(found.runs, found.protocol.id),
    )
    ends = [value for one in found.points for value in (one.over_leak_db, one.score)]
    low, high = min(ends) - 2.0, max(ends) + 2.0
    for axis, stem in zip(paper.axes, stems, strict=True):
        axis.plot([low, high], [low, high], color=GREY, lw=0.9, zorder=1)
        axis.set_xlabel("mixture over leak (dB)", parse_math=False)
        for place, system in enumerate(systems):
            own = [one for one in found.points if (one.system, one.stem) == (system, stem)]
            _dots(axis, own, place)
    return paper.figure


def _dots(axis: Axes, points: Sequence[Point], place: int) -> None:
    colour, marker = look(place)
    for is_zero in (True, False):
        own = [one for one in points if math.isinf(one.reference_dbfs) == is_zero]
        axis.plot(
            [one.over_leak_db for one in own],
            [one.score for one in own],
            marker,
            ms=5.5,
            mfc=colour if is_zero else "none",
            mec=colour,
            mew=1.1,
            zorder=2,
        )


_WORDS = {
    "o": "circle",
    "s": "square",
    "^": "triangle",
    "D": "diamond",
    "v": "triangle pointing down",
    "P": "plus",
    "X": "cross",
    "<": "triangle pointing left",
    ">": "triangle pointing right",
    "p": "pentagon",
    "h": "hexagon",
    "d": "thin diamond",
}
