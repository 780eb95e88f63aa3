"""The paper that figures are drawn on: size, colours, and the signature under them.

A figure is a row of panels, one per stem, that share the systems as lines. It is drawn without
pyplot, so that no window and no global state is involved, and saved without a date.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sepeval.report.drawing.lettering import LETTER_IN, families, height_in, label, wrapped
from sepeval.report.drawing.paper import Width, drawn_for, paper
from sepeval.store.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, "Color Universal Design", 2008; yellow is left out: it is invisible on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "d")
GREY = "#595959"
_ACROSS = 4  # panels in a row
_CHARTS_ACROSS = 3  # charts in a row of a page
_EDGE_IN = 0.06  # inches, left free at both sides
_SCREEN_DPI = 110  # of a figure in a notebook
_STYLE = {
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

    def write(
        self, folder: Path, formats: Sequence[str], *, width: Width = "page"
    ) -> tuple[Path, ...]:
        """Write the figure as `<name>.<format>` and return the paths; the bytes hold no date.

        Args:
            folder: where the files go.
            formats: of `png`, `pdf` and `svg`.
            width: `page`, or one or two columns of a paper, which the name then tells.

        Raises:
            StoreError: a file cannot be written.
        """
        with drawn_for(width) as sheet, _style():
            name = f"{self.name}{sheet.suffix}"
            paths = tuple(folder / f"{name}.{ending}" for ending in formats)
            figure = self.draw()
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # laid out once for all formats
            for axis in figure.axes:  # the last digits of a layout differ from time to time
                place = axis.get_position(original=True).bounds
                axis.set_position(tuple(round(part, 6) for part in place))
            for path in paths:
                write_whole(path, lambda temporary: _save(figure, temporary))
        return paths

    def _repr_png_(self) -> bytes:
        """Return what a notebook shows where the drawing is the last line of a cell."""
        image = io.BytesIO()
        with _style():
            self.draw().savefig(image, format="png", dpi=_SCREEN_DPI)
        return image.getvalue()


@dataclass(frozen=True)
class Panels:
    """A figure and its panels.

    Attributes:
        figure: the whole.
        axes: one per stem or title.
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
    sheet = paper()
    names = [label(name, marks, sheet.name) for name, marks in systems]
    longest = max(len(line) for name in names for line in name.split("\n"))
    beside = LETTER_IN * sheet.text * longest + (0.4 if sheet.width_in is None else 0.2)
    across = sheet.across(len(stems), most=_ACROSS, each_in=sheet.panel_in, beside_in=beside)
    down = -(-len(stems) // across)
    width = sheet.width_in or max(6.5, across * sheet.panel_in + beside)
    each = (width - beside) / across
    titles = [wrapped(stem, each + 0.1, points=sheet.text + 0.5) for stem in stems]
    lines = max(title.count("\n") for title in titles)
    pitch = max(sheet.line_in, 0.06 + max(height_in(name, sheet.text) for name in names))
    body = down * (len(names) * pitch + 0.85 + 0.13 * lines)
    figure = blank(width, body, title=title, legend=legend, signature=signature)
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
    for axis, heading in zip(axes, titles, strict=False):
        axis.set_title(heading, loc="left", parse_math=False)
    axes[0].set_yticks(range(len(names)), names)
    axes[0].set_ylim(len(names) - 0.45, -0.55)
    for first in axes[::across]:
        for tick in first.get_yticklabels():
            tick.set_parse_math(False)
    return Panels(figure, axes[: len(stems)])


def charts(
    titles: Sequence[str],
    *,
    title: str,
    beside: str,
    legend: str,
    signature: str,
    shared: bool = True,
) -> Panels:
    """Return one empty chart for each title, in rows.

    Args:
        titles: of the charts.
        title: above all.
        beside: what the vertical axes show, with its unit.
        legend: what the signs mean.
        signature: in small print under the figure.
        shared: whether all have the same axes.
    """
    sheet = paper()
    most = 2 if len(titles) == 4 else _CHARTS_ACROSS
    if sheet.width_in is not None:
        most = _ACROSS
    across = sheet.across(len(titles), most=most, each_in=sheet.chart_in, beside_in=0.35)
    down = -(-len(titles) // across)
    width = sheet.width_in or max(6.5, across * sheet.chart_in + 0.6)
    each = min((width - 0.35) / across, 2.6) if sheet.width_in else sheet.chart_in
    inside = each - (0.0 if shared else 0.05 * sheet.text)
    headings = [wrapped(name, inside + 0.1, points=sheet.text + 0.5) for name in titles]
    lines = max(name.count("\n") for name in headings)
    body = down * (each + 0.35 + 0.13 * lines)
    figure = blank(width, body, title=title, legend=legend, signature=signature)
    grid = figure.subplots(down, across, sharex=shared, sharey=shared, squeeze=False)
    axes = tuple(grid.flat)
    for place, axis in enumerate(axes):
        axis.set_visible(place < len(titles))
        axis.grid(color="#DDDDDD", linewidth=0.6)
    for axis, name in zip(axes, headings, strict=False):
        axis.set_title(name, loc="left", parse_math=False)
    for first in axes[::across]:
        first.set_ylabel(beside, parse_math=False)
    return Panels(figure, axes[: len(titles)])


def blank(width: float, body: float, *, title: str, legend: str, signature: str) -> Figure:
    """Return a figure with room for a body of so many inches, and the texts around it.

    Args:
        width: of the figure, in inches.
        body: height of what stands between the texts, in inches.
        title: above all.
        legend: what the signs mean.
        signature: in small print under the figure.
    """
    from matplotlib.figure import Figure

    sheet = paper()
    heading, key, small = (
        wrapped(text, width, points=points)
        for text, points in ((title, sheet.large), (legend, sheet.middle), (signature, sheet.small))
    )
    top, foot_of_key, foot = (
        margin + height_in(text, points)
        for margin, text, points in (
            (0.12, heading, sheet.large),
            (0.12, small, sheet.small),
            (0.2 + height_in(small, sheet.small), key, sheet.middle),
        )
    )
    height = top + foot + body
    figure = Figure(figsize=(width, height))
    side = _EDGE_IN / width
    rectangle = (side, foot / height, 1 - 2 * side, 1 - (top + foot) / height)
    figure.set_layout_engine("constrained", rect=rectangle)
    left = 0.1 / width
    _print(figure, left, 1 - 0.08 / height, heading, points=sheet.large, va="top")
    _print(figure, left, foot_of_key / height, key, points=sheet.middle)
    _print(figure, left, 0.07 / height, small, points=sheet.small, colour=GREY)
    return figure


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
    colour: str = "black",
) -> None:
    """Write on the paper; a `$` in a name is no formula."""
    figure.text(left, level, text, va=va, fontsize=points, color=colour, parse_math=False)


@contextmanager
def _style() -> Iterator[None]:
    """Draw with matplotlib's own defaults, whatever the user has set, and without warnings."""
    import matplotlib.style

    sizes = {
        "font.family": families(),
        "font.size": paper().text,
        "axes.titlesize": paper().text + 0.5,
    }
    with matplotlib.style.context(["default", _STYLE, sizes]), warnings.catch_warnings():
        # a name in a script that no font here has is drawn as boxes; the tables have it
        warnings.filterwarnings("ignore", message=r".*[Gg]lyph.*missing.*")
        yield


def _save(figure: Figure, path: Path) -> None:
    kind = path.suffix[1:]
    figure.savefig(path, dpi=160, metadata=_METADATA[kind])
