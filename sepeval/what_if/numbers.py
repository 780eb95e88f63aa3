"""The number of a table as a function of which tracks it is taken over.

A protocol says how scores become one number; here the tracks are left open, so that the same
number can be taken over resampled tracks. What is reduced together with the tracks stays together:
a flat mean over windows and tracks weighs a track by its windows, in every resample too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sepeval.kernels import significance
from sepeval.protocol import Step, Summary
from sepeval.types import Array, BoolArray, IntArray

_COLUMN = {"window": "start", "track": "track", "replicate": "replicate"}


@dataclass(frozen=True)
class Numbers:
    """The number of one system, metric and stem, as a function of the tracks.

    Attributes:
        values: [entry series], what is reduced over tracks; one series for each replicate where
            replicates are reduced after the tracks. nan where there is none; infinite values are
            left out, for no resample has a mean with them.
        owners: [entry], the place of each entry's track among the tracks.
        weights: [entry series] of a mean, or None.
        by: how entries become one value.
        after: how the series become one value, step by step.
    """

    values: Array
    owners: IntArray
    weights: Array | None
    by: significance.Statistic
    after: tuple[significance.Statistic, ...]

    def of(self, counts: Array) -> Array:
        """Return the number [draw] for every draw of tracks; nan where it has no value.

        Args:
            counts: [draw track], how often each track is in it.
        """
        if not self.values.shape[1]:  # no replicate has a score that enters
            return np.full(len(counts), np.nan)
        each = counts[:, self.owners]
        series = significance.reduced(self.values, each, by=self.by, weights=self.weights)
        for by in self.after:
            series = significance.reduced(series.T, np.ones((1, series.shape[1])), by=by).T
        return series[:, 0]


def numbers(
    used: pd.DataFrame, summary: Summary, tracks: Sequence[str], *, common: BoolArray
) -> Numbers:
    """Return the number of one system, metric and stem over chosen tracks.

    Args:
        used: rows of that metric and stem that enter the summary, from `summary.used_scores`.
        summary: says how they are reduced.
        tracks: ids of all tracks.
        common: [track], those that can enter.
    """
    kept = [track for track, enters in zip(tracks, common, strict=True) if enters]
    table = used[used["track"].isin(kept)].set_index(list(_COLUMN.values()))["value"]
    place = next(at for at, step in enumerate(summary.steps) if "track" in step.over)
    for step in summary.steps[:place]:
        table = _over(table, step)
    over, after = summary.steps[place], summary.steps[place + 1 :]
    later = [_COLUMN[axis] for step in after for axis in step.over]
    places = {track: at for at, track in enumerate(tracks)}
    if over.by == "mean" or over.over == ["track"]:
        groups = table.groupby(level=["track", *later], observed=True)
        means, sizes = (_wide(one, later, places) for one in (groups.mean(), groups.count()))
        weights = np.nan_to_num(sizes) if over.by == "mean" else None
        owners = np.arange(len(tracks)).astype(np.int64)
    else:  # a median over windows and tracks at once needs every window
        entries = table.reset_index()
        owners = np.asarray(entries["track"].map(places), dtype=np.int64)
        means, weights = _wide(table, later, None), None
    return Numbers(means, owners, weights, over.by, tuple(step.by for step in after))


def _over(table: pd.Series[float], step: Step) -> pd.Series[float]:
    """Return the values after one reduction that leaves the tracks."""
    gone = {_COLUMN[axis] for axis in step.over}
    groups = table.groupby(level=[name for name in table.index.names if name not in gone])
    if step.by == "mean":
        return groups.mean()
    if step.by == "median":
        return groups.median()
    return groups.quantile(0.5, interpolation="lower")


def _wide(table: pd.Series[Any], later: list[str], places: dict[str, int] | None) -> Array:
    """Return [entry series]: rows by track, or as they are; columns by what is reduced later."""
    if places is None:
        if not later:
            return table.to_numpy(np.float64)[:, None]
        frame = table.reset_index(drop=True).to_frame("value")
        keys = [table.index.get_level_values(one) for one in later]
        frame["series"] = list(zip(*keys, strict=True))
        return np.asarray(frame.pivot(columns="series", values="value"), dtype=np.float64)
    wide = table.unstack(later) if later else table.to_frame()
    return np.asarray(wide.reindex(list(places)), dtype=np.float64)
