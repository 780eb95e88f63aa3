"""The chart of protocols against each other: cells with numbers, places and shades."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sepeval.errors import StoreError
from sepeval.report.drawing.canvas import blank
from sepeval.report.drawing.lettering import LETTER_IN, shortened
from sepeval.report.drawing.paper import paper
from sepeval.results.traits import in_unit
from sepeval.results.words import count_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CELL_IN = 0.95  # inches, width of a cell on a page
_LEAST_IN = 0.26  # inches, width below which a number cannot be read
_MOST_IN = 1.1  # inches, width beyond which a cell is only empty
_INFINITE = {"plus_inf": "+inf", "minus_inf": "-inf"}
_SHADES = ("Blues", "Oranges")  # of scores that are better when higher, and when lower
_LIGHT, _DARK = 0.04, 0.8  # part of a map of colours that is used; all numbers stay readable


@dataclass(frozen=True)
class Row:
    """One score of one protocol.

    Attributes:
        protocol: its id.
        score: name of the metric, and of the reduction if there are several.
        unit: of the numbers.
        better: which numbers are.
        upward: whether higher ones are.
        values: [system]; None where there is no number.
        statuses: [system].
    """

    protocol: str
    score: str
    unit: str
    better: str
    upward: bool
    values: tuple[float | None, ...]
    statuses: tuple[str, ...]

    @property
    def places(self) -> tuple[int | None, ...]:
        """Return the place of every system, from 1; equal numbers share the better one."""
        sign = -1.0 if self.upward else 1.0
        known = [sign * value for value in self.values if value is not None]
        return tuple(
            None if value is None else 1 + sum(other < sign * value for other in known)
            for value in self.values
        )

    def texts(self, decimals: int) -> tuple[str, ...]:
        """Return what the cells say."""
        return tuple(
            _INFINITE.get(status, "none") if value is None else f"{value:.{decimals}f}"
            for value, status in zip(self.values, self.statuses, strict=True)
        )


def draw(
    rows: Sequence[Row],
    names: Sequence[str],
    *,
    title: str,
    lacking: Sequence[str],
    signature: str,
) -> Figure:
    """Return the figure.

    Args:
        rows: those of one unit and direction together.
        names: of the systems.
        title: above all.
        lacking: protocols that not every run has.
        signature: in small print under the figure.

    Raises:
        StoreError: so many systems do not fit on the paper.
    """
    sheet = paper()
    sections = [list(own) for _, own in groupby(rows, key=lambda row: (row.unit, row.better))]
    longest = max(len(text) for row in rows for text in (row.protocol, row.score))
    beside = LETTER_IN * sheet.middle * min(longest, 40) + 0.25
    width = sheet.width_in or max(6.5, beside + len(names) * _CELL_IN)
    cell = min((width - beside) / len(names), _MOST_IN)
    if cell < _LEAST_IN:
        fits = int((width - beside) // _LEAST_IN)
        message = (
            f"{len(names)} systems do not fit on a figure of {width:g} inches, which has room for "
            f"{fits}; choose another width"
        )
        raise StoreError(message)
    labels = [_name(name, cell) for name in names]
    is_turned = any(label is None for label in labels)
    shown = [shortened(name, 24) for name in names] if is_turned else [str(one) for one in labels]
    letters = max(len(line) for label in shown for line in label.split("\n"))
    tall = LETTER_IN * sheet.text * letters if is_turned else 0.3
    pitch = 2.75 * sheet.text / 72
    levels = len(rows) + 0.85 * len(sections)
    figure = blank(
        width,
        levels * pitch + tall + 0.2,
        title=title,
        legend=_legend(rows, lacking),
        signature=signature,
    )
    axis = figure.add_subplot()
    _frame(axis, len(names), levels, (width - beside) / cell)
    axis.set_xticks(range(len(names)), shown, rotation=90 if is_turned else 0)
    for tick in axis.get_xticklabels():
        tick.set_parse_math(False)
    level, usual = 0.0, commonest(rows)
    ticks: list[tuple[float, str]] = []
    for section in sections:
        _head(axis, section, level)
        level += 0.85
        for row in section:
            _cells(axis, row, usual, section, level, 2 if cell >= 0.4 else 1)
            ticks.append((level, f"{shortened(row.protocol, 40)}\n{shortened(row.score, 40)}"))
            level += 1.0
    axis.set_yticks([at for at, _ in ticks], [text for _, text in ticks], fontsize=sheet.middle)
    for tick in axis.get_yticklabels():
        tick.set_parse_math(False)
    return figure


def _name(name: str, cell: float) -> str | None:
    """Return a name broken to fit above a cell; None where it has to be turned."""
    most = int(cell / (LETTER_IN * paper().text))
    lines = textwrap.wrap(name, max(most, 1), break_long_words=False)
    is_short = len(lines) <= 2 and all(len(line) <= most for line in lines)
    return "\n".join(lines) if is_short else None


def _legend(rows: Sequence[Row], lacking: Sequence[str]) -> str:
    words = "darker is better; one scale for all rows below one heading"
    if len(rows[0].values) > 1:
        first = commonest(rows)
        others = sum(row.places == first.places for row in rows) - 1
        words += (
            "; small: place among the systems; framed, with an arrow: another place than in the "
            f"commonest order, that of {first.protocol} ({first.score}) "
            + (f"and {count_of(others, 'other row')}" if others else "alone")
        )
    if any(value is None for row in rows for value in row.values):
        words += "; hatched: no finite number"
    if lacking:
        words += f"; not shown, because a run was not scored under it: {', '.join(lacking)}"
    return f"{words}; no interval is shown"


def commonest(rows: Sequence[Row]) -> Row:
    """Return the first row of those with the commonest order of systems."""
    orders = [row.places for row in rows]
    known = [row for row in rows if None not in row.places]
    return max(known or rows, key=lambda row: orders.count(row.places))


def _frame(axis: Axes, systems: int, levels: float, right: float) -> None:
    axis.set_xlim(-0.5, max(systems, right) - 0.5)
    axis.set_ylim(levels - 0.5, -0.5)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    for side in ("left", "bottom"):
        axis.spines[side].set_visible(False)


def _known(section: Sequence[Row]) -> list[float]:
    return [value for row in section for value in row.values if value is not None]


def _head(axis: Axes, section: Sequence[Row], level: float) -> None:
    """Write above the rows of one scale what they are, and how far they reach."""
    known = _known(section)
    reach = f", {min(known):.2f} to {max(known):.2f}" if known else ""
    axis.text(
        -0.48,
        level,
        f"{in_unit(section[0].unit)}, {section[0].better}{reach}",
        va="center",
        fontsize="small",
        style="italic",
    )


def _cells(
    axis: Axes, row: Row, usual: Row, section: Sequence[Row], level: float, decimals: int
) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    shades = colormaps[_SHADES[0 if row.upward else 1]]
    known = _known(section)
    small = paper().small
    for place, (value, text) in enumerate(zip(row.values, row.texts(decimals), strict=True)):
        part = _part(value, known, upward=row.upward)
        face = "white" if part is None else shades(_LIGHT + (_DARK - _LIGHT) * part)
        ink = _ink(face)
        corner, size = (place - 0.5, level - 0.5), (1.0, 1.0)
        hatch = "////" if part is None else None
        axis.add_patch(Rectangle(corner, *size, fc=face, ec="white", lw=1.0, zorder=1))
        if hatch:
            axis.add_patch(Rectangle(corner, *size, fc="none", ec="#BBBBBB", hatch=hatch, lw=0))
        held, now = usual.places[place], row.places[place]
        is_alone = len(row.values) == 1
        axis.text(
            place,
            level if is_alone else level - 0.17,
            text,
            ha="center",
            va="center",
            color=ink,
            fontsize=paper().text if decimals == 2 else small,
            zorder=3,
            bbox={"fc": "white", "lw": 0, "pad": 0.8} if part is None else None,
        )
        if is_alone or now is None:
            continue
        arrow = "" if held in (None, now) else f" {'▲' if now < held else '▼'}"
        axis.text(
            place,
            level + 0.27,
            f"{now}{arrow}",
            ha="center",
            va="center",
            color=ink,
            fontsize=small,
            zorder=3,
        )
        if arrow:
            inner = (place - 0.46, level - 0.44)
            axis.add_patch(Rectangle(inner, 0.92, 0.88, fc="none", ec=ink, lw=1.1, zorder=2))


def _ink(face: str | tuple[float, float, float, float]) -> str:
    """Return the colour of letters that is told best from what they stand on."""
    from matplotlib.colors import to_rgb

    linear = [
        part / 12.92 if part <= 0.04 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(face)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]  # WCAG 2.1
    return "white" if luminance < 0.18 else "black"


def _part(value: float | None, known: Sequence[float], *, upward: bool) -> float | None:
    """Return how good a number is on its scale, from 0 to 1."""
    if value is None:
        return None
    low, high = min(known), max(known)
    if low == high:
        return 0.5
    return (value - low if upward else high - value) / (high - low)
