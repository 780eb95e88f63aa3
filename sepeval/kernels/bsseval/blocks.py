"""Which pairs of samples a lagged product is made of, cut into blocks of one transform length.

A lagged product of two signals x and y over a window is

    R[l] = Σ x(n) y(n + l),   l = 0 .. taps − 1,   n and n + l both inside the window,

which is what zero-padding the window gives. Over the whole track the same sum runs over all n.
The track is cut at every edge of a window; the stretches between are cells. Each pair (n, n + l)
lies either inside one cell or crosses into a cell from before it, and is counted once, in the cell
of n + l. Nothing is ever subtracted, so a quiet window beside a loud one keeps its precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sepeval.errors import ShapeError
from sepeval.types import IntArray

BLOCKS = 60  # blocks in one batch at most: two seconds of 44.1 kHz with 512 taps


class Block(NamedTuple):
    """The pairs (n, n + l) with n on the left, n + l on the right and l below the taps.

    Attributes:
        left: start and stop of n, in samples.
        right: start and stop of n + l, in samples.
    """

    left: tuple[int, int]
    right: tuple[int, int]


class Batch(NamedTuple):
    """Blocks whose products are added to the same sums.

    Attributes:
        blocks: at most `BLOCKS` of them.
        windows: indices of the windows that the pairs belong to.
        in_whole: True if the pairs count for the whole track.
    """

    blocks: tuple[Block, ...]
    windows: tuple[int, ...]
    in_whole: bool

    @property
    def is_run(self) -> bool:
        """True if the blocks follow each other inside one cell."""
        return self.blocks[0].left[0] == self.blocks[0].right[0]


def transform_length(taps: int) -> int:
    """Samples per transform: a power of two of at least four filters, where blocks are cheapest."""
    return 1 << max(6, (4 * taps - 1).bit_length())


def check_windows(windows: IntArray, samples: int) -> None:
    """Refuse windows that are not [window 2] with 0 ≤ start < stop ≤ samples.

    Raises:
        ShapeError: the array has another shape, or a window is empty or leaves the signal.
    """
    if windows.ndim != 2 or windows.shape[1] != 2:
        raise ShapeError(f"windows are [window 2]; found shape {windows.shape}")
    start, stop = windows[:, 0], windows[:, 1]
    wrong = np.flatnonzero((start < 0) | (stop <= start) | (stop > samples))
    if wrong.size:
        raise ShapeError(
            f"window {wrong[0]} is {windows[wrong[0]].tolist()}; "
            f"0 <= start < stop <= {samples} is needed"
        )


def batches(windows: IntArray, samples: int, taps: int) -> tuple[Batch, ...]:
    """All batches of a track, in the order of time.

    Args:
        windows: [window 2] int64, start and stop in samples; they may overlap and leave gaps.
        samples: length of the track.
        taps: length of the filters, in samples.
    """
    edges = np.unique(np.concatenate([[0, samples], windows.ravel()]))
    first = np.searchsorted(edges, windows[:, 0])
    last = np.searchsorted(edges, windows[:, 1])
    members: list[list[int]] = [[] for _ in range(len(edges) - 1)]
    for window in range(len(windows)):
        for cell in range(first[window], last[window]):
            members[cell].append(window)
    starts = [int(start) for start in windows[:, 0]]
    found: list[Batch] = []
    crossing: list[Block] = []  # pairs of the whole track that no window holds
    for cell, inside in enumerate(members):
        start, stop = int(edges[cell]), int(edges[cell + 1])
        blocks = tuple(_within(start, stop, taps))
        for lowest, holders in _limits(start, inside, starts, taps).items():
            block = Block((lowest, start), (start, min(start + taps - 1, stop)))
            of_whole = lowest == max(0, start - taps + 1)
            if of_whole and not holders:
                crossing.append(block)
            else:
                found.append(Batch((block,), tuple(holders), of_whole))
        found += [Batch(part, tuple(inside), in_whole=True) for part in _parts(blocks)]
    found += [Batch(part, (), in_whole=True) for part in _parts(tuple(crossing))]
    return tuple(found)


def _within(start: int, stop: int, taps: int) -> Iterator[Block]:
    """The blocks of the pairs that lie inside one cell."""
    size = transform_length(taps) - taps + 1
    for left in range(start, stop, size):
        middle = min(left + size, stop)
        yield Block((left, middle), (left, min(middle + taps - 1, stop)))


def _limits(start: int, inside: list[int], starts: list[int], taps: int) -> dict[int, list[int]]:
    """Where the pairs that cross into a cell may begin, and for which windows.

    A window that starts less than a filter's length before the cell has its own, later limit.
    """
    lowest = max(0, start - taps + 1)
    limits: dict[int, list[int]] = {} if start == 0 or taps == 1 else {lowest: []}
    for window in inside:
        if starts[window] < start and taps > 1:
            limits.setdefault(max(lowest, starts[window]), []).append(window)
    return limits


def _parts(blocks: tuple[Block, ...]) -> Iterator[tuple[Block, ...]]:
    for first in range(0, len(blocks), BLOCKS):
        yield blocks[first : first + BLOCKS]
