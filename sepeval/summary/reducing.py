"""Means and medians over windows, tracks and replicates, step by step as a protocol names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sepeval.kernels.grouping import grouped
from sepeval.protocol import Step, Summary
from sepeval.types import Array, IntArray

AXES = {"window": "start", "track": "track", "replicate": "replicate"}  # columns that hold them


class Reduced(NamedTuple):
    """Values after one step.

    Attributes:
        axes: columns that remain.
        first: [value] where the first score of each value stands.
        values: [value].
    """

    axes: tuple[str, ...]
    first: IntArray
    values: Array


def per_track(used: pd.DataFrame, summary: Summary) -> pd.Series[float]:
    """Return one value per track of one stem: the reductions inside a track, in their order.

    Where the protocol reduces windows and tracks at once, the same statistic is taken inside each
    track; the summary's number is then not the statistic of these values.

    Args:
        used: of one stem and metric, from `used_scores`.
        summary: names the steps.

    Returns:
        The values by track id.
    """
    inside = [
        Step(over=[axis for axis in step.over if axis != "track"], by=step.by)
        for step in summary.steps
        if step.over != ["track"]
    ]
    steps = [*inside, Step(over=["track"], by="mean")]
    return reduced(used, summary.model_copy(update={"steps": steps}))[-2]


def reduced(values: pd.DataFrame, summary: Summary) -> tuple[pd.Series[float], ...]:
    """Return the values of one stem after each step of a reduction.

    Args:
        values: columns track, replicate, start, value; no missing values.
        summary: names the steps.

    Returns:
        One series per step, indexed by the axes that remain; the last has one value, or none.
    """
    outer = np.zeros(len(values), np.int64)
    found = values["value"].to_numpy(np.float64)
    return tuple(
        pd.Series(step.values, index=_index(values, step), dtype=np.float64)
        for step in reductions(keys(values), found, summary, outer=outer)
    )


def reductions(
    ordered: Mapping[str, IntArray], values: Array, summary: Summary, *, outer: IntArray
) -> Iterator[Reduced]:
    """Yield the values after each step of a reduction, for many groups at once.

    Args:
        ordered: [value] what the values are of, by column; see `keys`.
        values: [value].
        summary: names the steps.
        outer: [value] the group that each value belongs to, throughout.
    """
    remaining = [AXES[axis] for step in summary.steps for axis in step.over]
    first = np.arange(len(values))
    for step in summary.steps:
        remaining = [name for name in remaining if name not in {AXES[axis] for axis in step.over}]
        names = [outer[first], *(ordered[name][first] for name in remaining)]
        found = grouped(names, values, by=step.by)
        first, values = first[found.first], found.values
        yield Reduced(tuple(remaining), first, values)


def keys(scores: pd.DataFrame) -> dict[str, IntArray]:
    """Return, for each column there is to reduce over, numbers that sort as its values do."""
    return {name: _order(scores[name]) for name in AXES.values() if name in scores}


def _order(column: pd.Series[Any]) -> IntArray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64)
    if pd.api.types.is_integer_dtype(column.dtype):
        return np.asarray(column, dtype=np.int64)
    return np.asarray(pd.factorize(column, sort=True)[0], dtype=np.int64)


def _index(values: pd.DataFrame, step: Reduced) -> pd.Index[Any] | None:
    if not step.axes:
        return None
    columns = values[list(step.axes)].iloc[step.first]
    only: pd.Index[Any] = pd.Index(columns[step.axes[0]])
    return only if len(step.axes) == 1 else pd.MultiIndex.from_frame(columns)


def known_mean(values: Array, *, axis: int) -> Array:
    """Return the mean along an axis of the values that are finite; nan where none is.

    Example:
        >>> known_mean(np.array([[1.0, 3.0, np.nan], [np.nan] * 3]), axis=1).tolist()
        [2.0, nan]
    """
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
