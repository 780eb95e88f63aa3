"""The figure of a number over the level under which a reference counts as silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

from sepeval.audits.silence_threshold import PAPERS, curve
from sepeval.report.drawing.canvas import GREY, Drawing, charts, look
from sepeval.results import signature
from sepeval.store import Run
from sepeval.store.run import slug
from sepeval.what_if import Case, cases

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Row = Mapping[str, object]
_APART = 10.0  # dB, from the lowest threshold to where exact zeros are drawn
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # of the systems, beside their lines


def thresholds(runs: Sequence[Run], protocol: str) -> tuple[Drawing, ...]:
    """Return the figure for each set of runs that are in one table under a protocol.

    Empty where the protocol scores nothing that can be scored again from statistics.
    """
    return tuple(
        _drawing(case, rows)
        for case in cases(tuple(runs))
        if case.protocol.id == protocol and (rows := curve(case))
    )


def _drawing(case: Case, rows: Sequence[_Row]) -> Drawing:
    first = rows[0]
    title = (
        f"{first['metric']} of {first['stem']} over the threshold of silence, {case.protocol.id}"
    )
    spoken = "; ".join(
        f"{row['system']} at {_spelled(row)} {row['value']:.2f}"
        for row in rows
        if isinstance(row["value"], float) and row["paper"]
    )
    return Drawing(
        name=slug(f"silence--{case.protocol.id}--{first['metric']}--threshold"),
        title=title,
        words=f"{spoken}.",
        draw=partial(_draw, case, rows, title),
    )


def _spelled(row: _Row) -> str:
    return "exact zeros" if row["level_dbfs"] is None else f"{row['level_dbfs']} dBFS"


def _draw(case: Case, rows: Sequence[_Row], title: str) -> Figure:
    systems = list(dict.fromkeys(str(row["system"]) for row in rows))
    signs = ", ".join(f"{_LETTERS[at % 26]} {one}" for at, one in enumerate(systems))
    papers = "; ".join(f"{level:g}: {name}" for name, level in PAPERS.items() if isfinite(level))
    known = [float(str(row["level_dbfs"])) for row in rows if row["level_dbfs"] is not None]
    zeros = min(known) - _APART
    paper = charts(
        ["silent references as the protocol treats them", "silent references left out"],
        title=title,
        beside=f"{rows[0]['metric']} (dB)",
        legend=f"{signs}. Dotted lines: thresholds that papers use, in dBFS ({papers}); far left: "
        "exact zeros alone",
        signature=signature(case.board.runs, case.protocol.id),
    )
    for axis, key in zip(paper.axes, ("value", "value_without_silence"), strict=True):
        axis.set_xlabel("a reference is silent under (dBFS)", parse_math=False)
        for level in PAPERS.values():
            at = level if isfinite(level) else zeros
            axis.axvline(at, color=GREY, lw=0.8, ls=":", zorder=1)
        ticks = [*range(int(min(known)), int(max(known)) + 1, 20)]
        axis.set_xticks([zeros, *ticks], ["zeros", *map(str, ticks)])
        for place, system in enumerate(systems):
            colour, marker = look(place)
            own = [row for row in rows if row["system"] == system and row[key] is not None]
            levels = [
                zeros if row["level_dbfs"] is None else float(str(row["level_dbfs"])) for row in own
            ]
            values = [float(str(row[key])) for row in own]
            axis.plot(levels, values, marker=marker, ms=4.5, lw=1.2, color=colour, zorder=2)
            if own:
                letter = _LETTERS[place % 26]
                axis.annotate(
                    letter,
                    (levels[0], values[0]),
                    (-9, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7.5,
                    color=colour,
                )
    return paper.figure
