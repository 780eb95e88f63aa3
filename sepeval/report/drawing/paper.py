"""What figures are drawn for: a page, or one or two columns of a paper.

A page is as wide as its contents ask. A column has a width that is never exceeded: names are
broken earlier, fewer panels stand in a row, and the smallest print has six points. The width is set
where a figure is written, and every figure that is drawn meanwhile follows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Width = Literal["page", "one", "two"]


@dataclass(frozen=True)
class Paper:
    """The measures of a figure.

    Attributes:
        suffix: of the file's name; empty for a page.
        width_in: of the figure, in inches; None where the contents decide.
        large: of the title, in points.
        text: of names and axes, in points.
        middle: of the legend, in points.
        small: of the signature, in points.
        name: characters of a system's name in a row.
        line_in: per system, in inches.
        panel_in: least width of a panel, in inches.
        chart_in: least width of a chart, in inches.
    """

    suffix: str
    width_in: float | None
    large: float
    text: float
    middle: float
    small: float
    name: int
    line_in: float
    panel_in: float
    chart_in: float

    def across(self, count: int, *, most: int, each_in: float, beside_in: float) -> int:
        """Return how many of `count` panels stand in a row, the rows as equal as can be.

        Args:
            count: of the panels.
            most: in a row.
            each_in: least width of one, in inches.
            beside_in: width of what stands beside them, in inches.
        """
        room = most
        if self.width_in is not None:
            room = int((self.width_in - beside_in) // each_in)
        rows = -(-count // max(1, min(room, most)))
        return -(-count // rows)


PAGE = Paper("", None, 10.5, 9.0, 8.0, 7.0, 30, 0.42, 2.15, 2.6)
ONE = Paper("--one-column", 3.35, 8.0, 7.0, 6.5, 6.0, 16, 0.36, 1.05, 1.35)
TWO = Paper("--two-columns", 6.9, 9.0, 7.5, 7.0, 6.0, 24, 0.38, 1.2, 1.5)
PAPERS: dict[Width, Paper] = {"page": PAGE, "one": ONE, "two": TWO}
_CURRENT: ContextVar[Paper] = ContextVar("paper", default=PAGE)


def paper() -> Paper:
    """Return what is drawn for at present."""
    return _CURRENT.get()


@contextmanager
def drawn_for(width: Width) -> Iterator[Paper]:
    """Draw for this width while the context lasts."""
    before = _CURRENT.set(PAPERS[width])
    try:
        yield PAPERS[width]
    finally:
        _CURRENT.reset(before)
