"""Many small reductions at once: values in groups that are named by keys.

Every group comes out to the bit as if it were reduced by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from sepeval.types import Array, IntArray

By: TypeAlias = Literal["mean", "median", "lower_median"]


class Grouped(NamedTuple):
    """One value for each group, in the order of their keys.

    Attributes:
        first: [group] where each group's first value stands.
        values: [group] the reductions.
    """

    first: IntArray
    values: Array


def grouped(keys: Sequence[IntArray], values: Array, *, by: By) -> Grouped:
    """Return the mean or median of the values that have the same keys.

    Args:
        keys: each [value]; groups are ordered by the first, then by the second, and so on. At
            least one.
        values: [value]; those of a group are reduced in the order in which they stand.
        by: `lower_median` is the lower of the two middle values where there are two.

    Returns:
        The groups that there are; none for no values.

    Example:
        >>> grouped([np.array([1, 0, 1])], np.array([2.0, 5.0, 4.0]), by="mean").values.tolist()
        [5.0, 3.0]
    """
    order = np.lexsort(tuple(reversed(keys)))
    changes = [np.diff(key[order]) != 0 for key in keys]
    starts = np.flatnonzero(np.concatenate([[True], np.any(changes, axis=0)])[: len(order)])
    sizes = np.diff(np.append(starts, len(order)))
    found = np.empty(len(starts))
    for size in np.unique(sizes):  # groups of one size are the rows of a matrix
        alike = np.flatnonzero(sizes == size)
        rows = values[order[starts[alike, None] + np.arange(size)]]
        found[alike] = reduced(rows, by=by)
    return Grouped(order[starts], found)


def reduced(values: Array, *, by: By) -> Array:
    """Return the mean or median over the last axis; see `grouped`."""
    if by == "mean":
        return np.asarray(np.mean(values, axis=-1))
    if by == "median":
        return np.asarray(np.median(values, axis=-1))
    return np.asarray(np.sort(values, axis=-1)[..., (values.shape[-1] - 1) // 2])
