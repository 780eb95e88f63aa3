"""The paper that figures are drawn on: size, colours, and the signature under them.

A figure is a row of panels, one per stem, that share the systems as lines. It is drawn without
pyplot, so that no window and no global state is involved, and saved without a date.
"""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sepeval.store.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, "Color Universal Design", 2008; yellow is left out: it is invisible on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "d")
GREY = "#595959"
_ACROSS = 4  # panels in a row
_LINE_IN = 0.42  # inches per system
_PANEL_IN = 2.15  # inches, width of a panel
_NAME = 30  # characters of a system's name in a row
_WORD = 60  # characters, after which even a word is broken
_LARGE, _TEXT, _MIDDLE, _SMALL = 10.5, 9.0, 8.0, 7.0  # points
_FONT = "DejaVu Sans"  # comes with matplotlib
_STYLE = {
    "font.family": _FONT,
    "font.size": _TEXT,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "pdf.fonttype": 42,  # TrueType, as publishers ask for
    "svg.fonttype": "path",  # looks the same without the font
    "svg.hashsalt": "sepeval",  # ids of elements do not change from run to run
}
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


@dataclass(frozen=True)
class Drawing:
    """A figure that can be written in several formats.

    Attributes:
        name: of its files, without ending.
        title: what it shows, in one sentence.
        words: its numbers as a text, for those who do not see it.
        draw: returns the figure.
    """

    name: str
    title: str
    words: str
    draw: Callable[[], Figure]

    def write(self, folder: Path, formats: Sequence[str]) -> tuple[Path, ...]:
        """Write the figure as `<name>.<format>` and return the paths; the bytes hold no date.

        Raises:
            StoreError: a file cannot be written.
        """
        paths = tuple(folder / f"{self.name}.{ending}" for ending in formats)
        with _style():
            figure = self.draw()
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # laid out once for all formats
            for path in paths:
                write_whole(path, lambda temporary: _save(figure, temporary))
        return paths


@dataclass(frozen=True)
class Panels:
    """A figure and its panels.

    Attributes:
        figure: the whole.
        axes: one per stem.
    """

    figure: Figure
    axes: tuple[Axes, ...]


def panels(
    stems: Sequence[str],
    systems: Sequence[tuple[str, Sequence[str]]],
    *,
    title: str,
    below: str,
    legend: str,
    signature: str,
) -> Panels:
    """Return one empty panel per stem, with the systems as lines from top to bottom.

    Args:
        stems: titles of the panels.
        systems: names of the lines, with the marks of each; long ones are broken and shortened.
        title: above all.
        below: what every horizontal axis shows, with its unit.
        legend: what the signs mean.
        signature: in small print under the figure.
    """
    from matplotlib.figure import Figure

    names = [_label(name, marks) for name, marks in systems]
    across = min(_ACROSS, len(stems))
    down = -(-len(stems) // across)
    longest = max(len(line) for name in names for line in name.split("\n"))
    width = max(6.5, across * _PANEL_IN + 0.075 * longest + 0.4)
    heading, key, small = (
        _wrapped(text, width, points=points)
        for text, points in ((title, _LARGE), (legend, _MIDDLE), (signature, _SMALL))
    )
    top, foot_of_key, foot = (
        margin + _height(text, points)
        for margin, text, points in (
            (0.12, heading, _LARGE),
            (0.12, small, _SMALL),
            (0.2 + _height(small, _SMALL), key, _MIDDLE),
        )
    )
    pitch = max(_LINE_IN, 0.06 + max(_height(name, _TEXT) for name in names))
    height = top + foot + down * (len(names) * pitch + 0.85)
    figure = Figure(figsize=(width, height))
    rectangle = (0, foot / height, 1, 1 - (top + foot) / height)
    figure.set_layout_engine("constrained", rect=rectangle)
    left = 0.1 / width
    _print(figure, left, 1 - 0.08 / height, heading, points=_LARGE, va="top")
    _print(figure, left, foot_of_key / height, key, points=_MIDDLE)
    _print(figure, left, 0.07 / height, small, points=_SMALL)
    grid = figure.subplots(down, across, sharey=True, squeeze=False)
    axes = tuple(grid.flat)
    for place, axis in enumerate(axes):
        axis.set_visible(place < len(stems))
        axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
        axis.margins(x=0.07)
        axis.use_sticky_edges = False
        axis.set_xlabel(below, parse_math=False)
    for axis, stem in zip(axes, stems, strict=False):
        axis.set_title(stem, loc="left", parse_math=False)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.45, -0.55)
    for first in axes[::across]:
        for label in first.get_yticklabels():
            label.set_parse_math(False)
    return Panels(figure, axes[: len(stems)])


def look(place: int) -> tuple[str, str]:
    """Return colour and marker of a system, by its place; twelve differ from each other."""
    return COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]


def _print(
    figure: Figure,
    left: float,
    level: float,
    text: str,
    *,
    points: float,
    va: Literal["top", "bottom"] = "bottom",
) -> None:
    """Write on the paper; a `$` in a name is no formula."""
    colour = GREY if points == _SMALL else "black"
    figure.text(left, level, text, va=va, fontsize=points, color=colour, parse_math=False)


def _height(text: str, points: float) -> float:
    """Return how high a text is, in inches, with a line spacing of 1.3."""
    return (text.count("\n") + 1) * 1.3 * points / 72


def _label(name: str, marks: Sequence[str]) -> str:
    """Return a system's name on two lines at most, and its marks on lines of their own."""
    half = _NAME - 3
    short = name if len(name) <= 2 * half else f"{name[:half]} … {name[-half:]}"
    parts = [short, *(f"({mark})" for mark in marks)]
    return "\n".join(textwrap.fill(part, _NAME, break_on_hyphens=False) for part in parts)


def _wrapped(text: str, width: float, *, points: float) -> str:
    """Break a text into lines that are no wider than so many inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=_FONT, size=points)
    words = [part for word in text.split() for part in textwrap.wrap(word, _WORD)]
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".lstrip()
        extent, _, _ = text_to_path.get_text_width_height_descent(longer, font, ismath=False)
        if extent > (width - 0.2) * 72 and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


@contextmanager
def _style() -> Iterator[None]:
    """Draw with matplotlib's own defaults, whatever the user has set, and without warnings."""
    import matplotlib.style

    with matplotlib.style.context(["default", _STYLE]), warnings.catch_warnings():
        # a name in a script that the font lacks is drawn as boxes; the tables have it
        warnings.filterwarnings("ignore", message=r".*[Gg]lyph.*missing.*")
        yield


def _save(figure: Figure, path: Path) -> None:
    kind = path.suffix[1:]
    figure.savefig(path, dpi=160, metadata=_METADATA[kind])
