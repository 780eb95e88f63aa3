"""Figures of a sweep: the score over a setting, and what it costs in evaluations and in time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sepeval.report.drawing.canvas import GREY, Drawing, charts, look
from sepeval.report.tables.sweep import (
    Shown,
    chosen,
    gaps,
    heading,
    signature,
    varied_in,
    words,
)
from sepeval.sweeps import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = ("-", ":", "-.", (0, (6, 1.5, 1, 1.5, 1, 1.5)))  # dashed is the baseline's
_FEW = 6  # costs that are written out on an axis
_DECADE = 8.0  # ratio of the largest to the smallest value from which an axis is logarithmic


def plot_sweep(
    sweep: Sweep, *, metric: str = "", folder: Path, formats: Sequence[str] = ("png", "pdf")
) -> list[Path]:
    """Write the figures of a sweep and return their paths; the same numbers give the same bytes.

    Args:
        sweep: its numbers.
        metric: name of a score; `si_sdri` where it is left out and there, else the first.
        folder: where the files go.
        formats: of `png`, `pdf` and `svg`.

    Raises:
        UnknownNameError: there is no such metric.
        StoreError: a file cannot be written.
    """
    return [path for one in drawings(sweep, metric=metric) for path in one.write(folder, formats)]


def drawings(
    sweep: Sweep, *, metric: str = "", stem: str = "", x: str = "", panel: str = ""
) -> tuple[Drawing, ...]:
    """Return the figures of a sweep: over a setting, over nfe, over time; those that say anything.

    Args:
        sweep: its numbers.
        metric: name of a score.
        stem: name of a stem; `All` where it is left out and there, else the first.
        x: numeric setting on the horizontal axis; `sigma_max` or the one with most values.
        panel: setting with one chart per value; `steps` where it was varied.

    Raises:
        UnknownNameError: there is no such metric, stem or setting.
    """
    first = chosen(sweep, metric=metric, stem=stem, x=x, panel=panel)
    if first.points["value"].isna().all():
        return ()
    found = [_over_setting(first)] if first.x else []
    for column, below in (
        ("nfe", "network evaluations per track"),
        ("nfe_per_s", "network evaluations per second of audio"),
        ("rtf", "seconds spent per second of audio"),
    ):
        known = first.means[column].dropna()
        is_doubled = column == "nfe_per_s" and first.means["nfe"].notna().all()
        if known.nunique() > 1 and not is_doubled:
            found.append(_over_cost(first, column, below))
    return tuple(found)


def _over_setting(shown: Shown) -> Drawing:
    return Drawing(
        name=f"sweep-{shown.metric}-{shown.x}",
        title=heading(shown, f"over {shown.x}"),
        words=words(shown),
        draw=lambda: _draw_setting(shown),
    )


def _over_cost(shown: Shown, column: str, below: str) -> Drawing:
    return Drawing(
        name=f"sweep-{shown.metric}-{column}",
        title=heading(shown, f"over {below}"),
        words=words(shown),
        draw=lambda: _draw_cost(shown, column, below),
    )


def _draw_setting(shown: Shown) -> Figure:
    values = _values(shown, shown.panel)
    titles = (
        [_named(shown.panel, value) for value in values] if shown.panel else [shown.sweep.label]
    )
    legend = "line: mean of seeds; small dots: each seed"
    if shown.baseline is not None:
        legend += f"; dashed: {shown.sweep.baseline}"
    found = charts(
        titles,
        title=heading(shown, f"over {shown.x}"),
        beside=shown.unit,
        legend=legend + gaps(shown),
        signature=signature(shown),
    )
    for axis, value in zip(found.axes, values, strict=True):
        chosen, points = (
            frame[frame[shown.panel] == value] if shown.panel else frame
            for frame in (shown.means, shown.points)
        )
        for place, (name, means) in enumerate(_split(chosen, shown.lines)):
            own = points[_same(points, means, shown.lines)]
            colour, marker = look(place)
            axis.plot(
                means[shown.x],
                means["value"],
                color=colour,
                marker=marker,
                linestyle=_LINES[place % len(_LINES)],
                label=name,
            )
            axis.plot(own[shown.x], own["value"], ".", color=colour, markersize=3, alpha=0.6)
        _finish(axis, shown, shown.points[shown.x], shown.x)
    if shown.lines:
        _add_legend(found.axes[0])
    return found.figure


def _draw_cost(shown: Shown, column: str, below: str) -> Figure:
    means = shown.means.dropna(subset=[column, "value"])
    better = "min" if str(shown.rows["better"].iloc[0]) == "lower" else "max"
    legend = f"line: the best mean of seeds up to each cost; one mark per {varied_in(shown)}"
    if shown.baseline is not None:
        legend += f"; dashed and cross: {shown.sweep.baseline}"
    found = charts(
        [shown.sweep.label],
        title=heading(shown, f"over {below}"),
        beside=shown.unit,
        legend=legend + gaps(shown),
        signature=signature(shown),
    )
    (axis,) = found.axes
    told = [shown.panel] if shown.panel else []
    for place, (name, group) in enumerate(_split(means, told)):
        colour, marker = look(place)
        axis.plot(group[column], group["value"], marker, color=colour, fillstyle="none", label=name)
    front = _front(means, column, better)
    axis.step(front[column], front["value"], where="post", color=GREY, linewidth=1, zorder=1)
    if shown.baseline is not None and pd.notna(shown.baseline[column]):
        axis.plot([shown.baseline[column]], [shown.baseline["value"]], "x", color="black")
    _finish(axis, shown, means[column], below)
    if told:
        _add_legend(axis, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    _name_costs(axis, means[column])
    return found.figure


def _front(means: pd.DataFrame, column: str, better: str) -> pd.DataFrame:
    """The best points that nothing cheaper matches, from cheap to dear."""
    ordered = means.sort_values([column, "value"], ascending=[True, better == "min"])
    best = ordered["value"].cummin() if better == "min" else ordered["value"].cummax()
    is_new = best.ne(best.shift())
    front: pd.DataFrame = ordered[is_new]
    return front


def _finish(axis: Axes, shown: Shown, values: pd.Series[float], below: str) -> None:
    """Scale, label, and the baseline across."""
    axis.set_xlabel(below, parse_math=False)
    smallest, largest = float(values.min()), float(values.max())
    if smallest > 0.0 and largest / smallest >= _DECADE:
        axis.set_xscale("log")
    if shown.baseline is not None:
        axis.axhline(float(shown.baseline["value"]), color="black", linestyle="--", linewidth=1)
    axis.tick_params(labelbottom=True)


def _name_costs(axis: Axes, values: pd.Series[float]) -> None:
    """Write out the costs themselves where they are few, else plain numbers without powers."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    known = sorted(values.unique())
    axis.xaxis.set_minor_locator(NullLocator())
    if len(known) <= _FEW:
        axis.set_xticks(known, [f"{value:.3g}" for value in known])
    elif axis.get_xscale() == "log":
        axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _add_legend(axis: Axes, **where: Any) -> None:  # noqa: ANN401 - passed on
    key = axis.legend(
        fontsize="small", handlelength=3.5, framealpha=0.85, edgecolor="#DDDDDD", **where
    )
    for text in key.get_texts():
        text.set_parse_math(False)


def _split(frame: pd.DataFrame, settings: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    """The rows for each combination of settings, with its name."""
    if not settings:
        return [("", frame)]
    groups = frame.groupby(list(settings), dropna=False, sort=True)
    return [(", ".join(map(_named, settings, values)), rows) for values, rows in groups]


def _named(setting: str, value: object) -> str:
    return f"{setting} = {value:g}" if isinstance(value, int | float) else f"{setting} = {value}"


def _same(frame: pd.DataFrame, like: pd.DataFrame, settings: Sequence[str]) -> pd.Series[bool]:
    """Which rows have the settings of the first of others."""
    chosen = pd.Series(data=True, index=frame.index)
    for name in settings:
        chosen &= frame[name] == like[name].iloc[0]
    return chosen


def _values(shown: Shown, setting: str) -> list[object]:
    return sorted(shown.points[setting].unique()) if setting else [None]
