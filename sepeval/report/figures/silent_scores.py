"""The figure that shows what silent stems contribute to a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sepeval.protocol import Summary
from sepeval.report.drawing.canvas import Drawing, look, panels
from sepeval.results import Results, System
from sepeval.results.signature import between, line
from sepeval.results.traits import in_unit, with_unit
from sepeval.store.run import slug
from sepeval.summary import score_frame, used_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Split:
    """The scores of one system and stem, parted by whether the reference is silent.

    Attributes:
        active: mean where it sounds; None where no such score is finite.
        silent: mean where it is silent; None where no such score is finite.
        share: of the scores, how many have a silent reference, in percent.
    """

    active: float | None
    silent: float | None
    share: int


def silence(results: Results, summary: Summary, metric: str) -> Drawing | None:
    """Return the figure of silent against sounding references; None if no silent one is scored.

    Args:
        results: the systems, one per line.
        summary: which scores are used.
        metric: name of the score.
    """
    if not any(row.silent for one in results.systems for row in one.rows_of(summary.name, metric)):
        return None
    splits = tuple(_splits(system, results, summary, metric) for system in results.systems)
    marks = f" ({'; '.join(results.shared_marks)})" if results.shared_marks else ""
    title = (
        f"What silence contributes: mean {metric} of windows whose reference sounds (filled) and "
        f"of windows whose reference is silent (hollow), {results.protocol.id}{marks}"
    )
    pairs = list(zip(results.systems, splits, strict=True))
    spoken = [
        f"{stem}: " + ", ".join(_spoken(system, own[place]) for system, own in pairs)
        for place, stem in enumerate(results.protocol.stems)
    ]
    unit = results.metrics[metric].unit
    return Drawing(
        name=slug(f"{results.protocol.id}--{metric}--{summary.name}--silence"),
        title=title,
        words=f"Means {in_unit(unit)}, and the share of silent windows. {'. '.join(spoken)}.",
        draw=partial(_draw, results, summary, metric, splits, title),
    )


def _splits(system: System, results: Results, summary: Summary, metric: str) -> tuple[Split, ...]:
    """Return the split of a system for every stem."""
    scores = score_frame(system.run, results.protocol, beside=results.runs)
    used = used_scores(scores[scores["metric"] == metric], summary)
    return tuple(_split(used[used["stem"] == stem]) for stem in results.protocol.stems)


def _split(used: pd.DataFrame) -> Split:
    values = used["value"].to_numpy(np.float64)
    silent = used["silent"].fillna(value=False).to_numpy(np.bool_)
    finite = np.isfinite(values)
    parts = [values[finite & ~silent], values[finite & silent]]
    active, quiet = (float(np.mean(part)) if len(part) else None for part in parts)
    return Split(active, quiet, round(100 * float(np.mean(silent))) if len(silent) else 0)


def _spoken(system: System, split: Split) -> str:
    active = "none" if split.active is None else f"{split.active:.2f}"
    quiet = "none" if split.silent is None else f"{split.silent:.2f}"
    return f"{system.name} sounding {active}, silent {quiet} ({split.share} %)"


def _draw(
    results: Results,
    summary: Summary,
    metric: str,
    splits: Sequence[tuple[Split, ...]],
    title: str,
) -> Figure:
    headings = [
        f"{stem} ({between(own[place].share for own in splits)} % silent)"
        for place, stem in enumerate(results.protocol.stems)
    ]
    paper = panels(
        headings,
        [(system.name, results.own_marks(system)) for system in results.systems],
        title=title,
        below=with_unit(f"mean {metric}", results.metrics[metric].unit),
        legend=(
            f"% silent: share of the scores behind the table's number ({summary.name}) whose "
            "reference is silent"
        ),
        signature=line(results),
    )
    for place, axis in enumerate(paper.axes):
        for level, own in enumerate(splits):
            _line(axis, level, own[place])
    return paper.figure


def _line(axis: Axes, level: int, split: Split) -> None:
    """Draw one system in one panel."""
    colour, marker = look(level)
    if split.active is not None and split.silent is not None:
        axis.plot([split.active, split.silent], [level, level], color=colour, lw=1.2, zorder=2)
    if split.active is not None:
        axis.plot(split.active, level, marker, ms=6, mew=0, color=colour, zorder=3)
    if split.silent is not None:
        axis.plot(split.silent, level, marker, ms=8, mfc="none", mec=colour, mew=1.5, zorder=3)
