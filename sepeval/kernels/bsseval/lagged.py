"""Lagged products of two sets of channels, per window and over the whole track, in one pass.

The products are circular correlations of short blocks, formed as spectra, summed over the blocks
of a batch and transformed back once: the signals are read block by block, once, and no transform
is longer than a few filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from sepeval.kernels.bsseval.blocks import Batch, batches, transform_length
from sepeval.kernels.bsseval.engines import Engine
from sepeval.kernels.bsseval.parallel import in_order
from sepeval.kernels.bsseval.signals import Signal
from sepeval.types import Array, IntArray

AT_ONCE = 15  # blocks transformed together: 2 MB of spectrum for eight channels; odd for the cache

Products = tuple[Array, ...]  # [left right lag] for each signal on the right


def lagged_products(
    left: Signal,
    rights: Sequence[Signal],
    windows: IntArray,
    *,
    taps: int,
    threads: int,
    engine: Engine[Any],
    window_done: Callable[[int, Products], None],
) -> Products:
    """Lagged products over the whole track; those of each window are handed out on the way.

        R[i, k, l] = Σ x_i(n) y_k(n + l),   l = 0 .. taps − 1

    In a window both n and n + l lie inside it. Results do not depend on the number of threads:
    batches are added in the order of time. Nor do they depend on what else is on the right.

    Args:
        left: the channels x.
        rights: signals with the channels y; the left may be one of them.
        windows: [window 2] int64, start and stop in samples.
        taps: number of lags.
        threads: batches that are transformed at the same time.
        engine: who transforms.
        window_done: called with the index of a window and its products [left right lag] with
            each signal on the right, once for each window, in the calling thread.

    Returns:
        [left right lag] for each signal on the right, the products over the whole track.
    """
    whole = tuple(np.zeros((left.channels, right.channels, taps)) for right in rights)
    if not left.channels:
        for window in range(len(windows)):
            window_done(window, whole)
        return whole
    plan = batches(windows, left.samples, taps)
    last = {window: number for number, batch in enumerate(plan) for window in batch.windows}
    begun: dict[int, Products] = {}

    def work(batch: Batch) -> Products:
        return _products(left, rights, batch, taps, engine)

    for number, found in enumerate(in_order(work, plan, threads)):
        if plan[number].in_whole:
            for total, one in zip(whole, found, strict=True):
                np.add(total, one, out=total)
        for window in plan[number].windows:
            products = found
            if window in begun:
                products = tuple(a + b for a, b in zip(begun[window], found, strict=True))
            begun[window] = products
            if last[window] == number:
                window_done(window, begun.pop(window))
    return whole


def _products(
    left: Signal, rights: Sequence[Signal], batch: Batch, taps: int, engine: Engine[Any]
) -> Products:
    """The products of a batch with each signal on the right."""
    length = transform_length(taps)
    sums: list[Any] = []  # spectra, wherever the engine has them
    with np.errstate(over="ignore", invalid="ignore"):  # not finite: nan in its own channel
        for part in _parts(batch):
            if batch.is_run:
                x, ys = _run(left, rights, part, taps, length)
            else:
                x, ys = _single(left, rights, part, length)
            conjugate = engine.spectra(x, conjugate=True)
            for number, y in enumerate(ys):
                product = engine.product(conjugate, engine.spectra(y, conjugate=False))
                if number < len(sums):
                    sums[number] += product
                else:
                    sums.append(product)
        return tuple(engine.lags(one, taps=taps, length=length) for one in sums)


def _parts(batch: Batch) -> Iterator[Batch]:
    for first in range(0, len(batch.blocks), AT_ONCE):
        yield batch._replace(blocks=batch.blocks[first : first + AT_ONCE])


def _single(
    left: Signal, rights: Sequence[Signal], batch: Batch, length: int
) -> tuple[Array, Iterator[Array]]:
    """Blocks that are read one by one, [channel block sample], of the left and of each right."""

    def read(signal: Signal, side: int) -> Array:
        found = np.zeros((signal.channels, len(batch.blocks), length))
        for number, block in enumerate(batch.blocks):
            start, stop = block[side]
            origin = block.left[0]
            signal.copy(start, stop, found[:, number, start - origin : stop - origin])
        return found

    return read(left, 0), (read(right, 1) for right in rights)


def _run(
    left: Signal, rights: Sequence[Signal], batch: Batch, taps: int, length: int
) -> tuple[Array, Iterator[Array]]:
    """Blocks that follow each other, [channel block sample], of the left and of each right."""
    step = length - taps + 1
    ahead = _overlapping(left, batch, step, length)
    alone = np.empty(ahead.shape)
    alone[..., :step] = ahead[..., :step]
    alone[..., step:] = 0.0
    others = (
        ahead if right is left else _overlapping(right, batch, step, length) for right in rights
    )
    return alone, others


def _overlapping(signal: Signal, batch: Batch, step: int, length: int) -> Array:
    """Blocks with what follows them, [channel block sample], in one copy; zero after the last."""
    start, stop = batch.blocks[0].right[0], batch.blocks[-1].right[1]
    count = len(batch.blocks)
    samples = np.zeros((signal.channels, (count - 1) * step + length))
    signal.copy(start, stop, samples[:, : stop - start])
    channel, sample = samples.strides
    shape = (signal.channels, count, length)
    return np.ndarray(shape, np.float64, samples.data, 0, (channel, step * sample, sample))
