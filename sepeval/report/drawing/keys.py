"""The key of systems above charts that show all of them: marker, colour, name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sepeval.report.drawing.canvas import look
from sepeval.report.drawing.lettering import LETTER_IN, shortened
from sepeval.report.drawing.paper import paper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours repeat after seven systems, styles of lines after five: no two of twelve look alike.
LINES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
_LONGEST = 40  # characters of a name


def key_height(names: Sequence[str], width: float) -> float:
    """Return how high a key is on a figure of such a width, both in inches."""
    return 0.06 + 1.7 * paper().middle / 72 * -(-len(names) // _columns(names, width))


def put_key(axis: Axes, names: Sequence[str], width: float, *, joined: bool = True) -> None:
    """Fill an axis with the key of systems.

    Args:
        axis: whose frame is taken away.
        names: of the systems, in their order.
        width: of the figure, in inches.
        joined: whether the points of a system are joined by a line.
    """
    from matplotlib.lines import Line2D

    axis.set_axis_off()
    handles = []
    for place, name in enumerate(names):
        colour, marker = look(place)
        label = shortened(name, _LONGEST)
        style = LINES[place % len(LINES)] if joined else "none"
        handles.append(
            Line2D([], [], color=colour, marker=marker, ms=4.5, lw=1.1, ls=style, label=label)
        )
    key = axis.legend(
        handles=handles,
        loc="center left",
        ncols=_columns(names, width),
        fontsize=paper().middle,
        frameon=False,
        borderaxespad=0.0,
        columnspacing=1.2,
        handlelength=2.4,
    )
    for text in key.get_texts():
        text.set_parse_math(False)


def _columns(names: Sequence[str], width: float) -> int:
    """Return how many names stand in a row."""
    longest = max(min(len(name), _LONGEST) for name in names)
    each = LETTER_IN * paper().middle * longest + 5.0 * paper().middle / 72
    return max(1, min(len(names), int((width - 0.6) // each)))
