"""The critical-difference diagram: which systems can be told apart by their mean ranks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sepeval.compare import Comparison, Standing
from sepeval.report.drawing.canvas import GREY, Drawing, blank, look
from sepeval.report.drawing.lettering import LETTER_IN, height_in, label, wrapped
from sepeval.report.drawing.paper import paper
from sepeval.results.signature import line
from sepeval.results.words import count_of
from sepeval.store.run import slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 4  # panels in a row
_NARROW = 0.75  # of a panel's width: a mean rank takes less than scores


def ranks(comparison: Comparison) -> Drawing:
    """Return the diagram of mean ranks over tracks, one panel for each stem and All."""
    title = f"Mean rank over tracks by {comparison.metric}, {comparison.results.protocol.id}"
    spoken = ". ".join(
        f"{one.stem}: "
        + ", ".join(f"{place.system} {place.mean_rank:.2f}" for place in one.by_mean_rank)
        + f", critical difference {one.critical:.2f}"
        for one in comparison.standings
    )
    return Drawing(
        name=name_of(comparison, "ranks"),
        title=title,
        words=f"Mean ranks. {spoken}.",
        draw=partial(_draw, comparison, title),
    )


def name_of(comparison: Comparison, what: str) -> str:
    """Return the name of a figure of a comparison, as that of a file."""
    parts = (comparison.results.protocol.id, comparison.metric, comparison.summary, what)
    return slug("--".join(parts))


def _draw(comparison: Comparison, title: str) -> Figure:
    sheet = paper()
    standings = comparison.standings
    names = [one.name for one in comparison.results.systems]
    labels = {name: label(name, (), sheet.name) for name in names}
    longest = max(len(part) for text in labels.values() for part in text.split("\n"))
    beside = LETTER_IN * sheet.text * longest + 0.2
    each = _NARROW * sheet.panel_in + beside
    across = sheet.across(len(standings), most=_ACROSS, each_in=each, beside_in=0.0)
    down = -(-len(standings) // across)
    width = sheet.width_in or max(6.5, across * each)
    headings = [
        wrapped(
            f"{one.stem} ({count_of(one.tracks, 'track')})",
            width / across - beside + 0.3,
            points=sheet.text + 0.5,
        )
        for one in standings
    ]
    lines = max(text.count("\n") for text in headings)
    pitch = 0.05 + max(height_in(text, sheet.text) for text in labels.values())
    figure = blank(
        width,
        down * ((len(names) + 1) * pitch + 0.7 + 0.13 * lines),
        title=title,
        legend=(
            "marker: mean rank over tracks, 1 is best; bracket: from a system down to the last one "
            f"that the test does not tell apart from it (Nemenyi, {100 * comparison.confidence:g} "
            "%); CD: critical difference"
        ),
        signature=line(comparison.results),
    )
    axes = tuple(figure.subplots(down, across, squeeze=False).flat)
    for axis in axes[len(standings) :]:
        axis.set_visible(False)
    for axis, one, heading in zip(axes, standings, headings, strict=False):
        axis.set_title(heading, loc="left", parse_math=False)
        _diagram(axis, one, names, labels)
    return figure


def _diagram(axis: Axes, standing: Standing, names: list[str], labels: dict[str, str]) -> None:
    """Draw the mean ranks of one stem, best above, and the groups that are not told apart."""
    ordered = standing.by_mean_rank
    found = [place.mean_rank for place in ordered]
    for group in standing.groups:
        first, last = group[0], group[-1]
        corners = [found[first], found[last], found[last]], [first, first, last]
        axis.plot(*corners, color=GREY, lw=1.0, solid_joinstyle="miter", zorder=1)
    for level, place in enumerate(ordered):
        colour, marker = look(names.index(place.system))
        axis.plot(
            place.mean_rank, level, marker, ms=5, mec="white", mew=0.4, color=colour, zorder=3
        )
    count = len(ordered)
    axis.plot([1, 1 + standing.critical], [count - 0.2] * 2, "|-", color="black", lw=1.2, ms=5)
    axis.annotate(
        f"CD {standing.critical:.2f}", (1, count - 0.2), (2, 4), textcoords="offset points"
    )
    axis.set_yticks(range(count), [labels[place.system] for place in ordered])
    for tick in axis.get_yticklabels():
        tick.set_parse_math(False)
    axis.set_ylim(count + 0.2, -0.8)
    pad = 0.04 * count
    axis.set_xlim(1 - pad, count + pad)
    axis.set_xlabel("mean rank", parse_math=False)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x", color="#DDDDDD", linewidth=0.6)
