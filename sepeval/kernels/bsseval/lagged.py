"""Lagged products of two sets of channels, per window and over the whole track, in one pass.

The products are circular correlations of short blocks, formed as spectra, summed over the blocks
of a window and transformed back once per window: the signals are read block by block, once, and
no transform is longer than a few filters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from sepeval.kernels.bsseval.blocks import Batch, batches, transform_length
from sepeval.kernels.bsseval.engines import Engine
from sepeval.kernels.bsseval.parallel import in_order
from sepeval.kernels.bsseval.signals import Signal
from sepeval.types import Array, IntArray

Spectrum = TypeVar("Spectrum")


def lagged_products(
    left: Signal,
    right: Signal,
    windows: IntArray,
    *,
    taps: int,
    threads: int,
    engine: Engine[Any],
    window_done: Callable[[int, Array], None],
) -> Array:
    """Lagged products over the whole track; those of each window are handed out on the way.

        R[i, k, l] = Σ x_i(n) y_k(n + l),   l = 0 .. taps − 1

    In a window both n and n + l lie inside it. Results do not depend on the number of threads:
    batches are added in the order of time.

    Args:
        left: the channels x.
        right: the channels y.
        windows: [window 2] int64, start and stop in samples.
        taps: number of lags.
        threads: batches that are transformed at the same time.
        engine: who transforms.
        window_done: called with the index of a window and its products [left right lag], once
            for each window, in the calling thread.

    Returns:
        [left right lag], the products over the whole track.
    """
    if not (left.channels and right.channels):
        return _nothing(left, right, windows, taps, window_done)
    plan = batches(windows, left.samples, taps)
    length = transform_length(taps)
    last = {window: number for number, batch in enumerate(plan) for window in batch.windows}
    whole: Any = None  # a spectrum, wherever the engine has it
    open_windows: dict[int, Any] = {}  # likewise

    def product(batch: Batch) -> Any:  # noqa: ANN401 - a spectrum of the engine
        return _batch_product(left, right, batch, length, taps, engine)

    for number, spectrum in enumerate(in_order(product, plan, threads)):
        batch = plan[number]
        if batch.in_whole:
            whole = spectrum if whole is None else engine.add(whole, spectrum)
        for window in batch.windows:
            total = open_windows.pop(window, None)
            total = spectrum if total is None else engine.add(total, spectrum)
            if last[window] == number:
                window_done(window, engine.lags(total, taps=taps, length=length))
            else:
                open_windows[window] = total
    return engine.lags(whole, taps=taps, length=length)


def _nothing(
    left: Signal,
    right: Signal,
    windows: IntArray,
    taps: int,
    window_done: Callable[[int, Array], None],
) -> Array:
    """The products of no channels."""
    empty = np.zeros((left.channels, right.channels, taps))
    for window in range(len(windows)):
        window_done(window, empty)
    return empty


def _batch_product(
    left: Signal, right: Signal, batch: Batch, length: int, taps: int, engine: Engine[Spectrum]
) -> Spectrum:
    """Cross spectra of a batch, [frequency left right], summed over its blocks."""
    if batch.is_run:
        step = length - taps + 1
        y = _overlapping(right, batch, step, length)
        x = _zero_padded(y[..., :step] if left is right else _apart(left, batch, step), length)
    else:
        x = np.zeros((left.channels, len(batch.blocks), length))
        y = np.zeros((right.channels, len(batch.blocks), length))
        for number, block in enumerate(batch.blocks):
            origin, stop = block.left
            left.copy(origin, stop, x[:, number, : stop - origin])
            start, stop = block.right
            right.copy(start, stop, y[:, number, start - origin : stop - origin])
    with np.errstate(over="ignore", invalid="ignore"):  # not finite: nan in its own channel
        return engine.cross_spectra(x, y)


def _zero_padded(blocks: Array, length: int) -> Array:
    """[channel block sample] continued by zeros."""
    channels, count, size = blocks.shape
    padded = np.empty((channels, count, length))
    padded[..., :size] = blocks
    padded[..., size:] = 0.0
    return padded


def _apart(signal: Signal, batch: Batch, step: int) -> Array:
    """The blocks of a run without their overlap, [channel block sample]; zero after the run."""
    start, stop = batch.blocks[0].left[0], batch.blocks[-1].left[1]
    count = len(batch.blocks)
    samples = signal.read(start, stop)
    if stop - start < count * step:
        samples = _zero_padded(samples[:, None], count * step)[:, 0]
    return samples.reshape(signal.channels, count, step)


def _overlapping(signal: Signal, batch: Batch, step: int, length: int) -> Array:
    """The blocks of a run, [channel block sample], in one copy of the samples; zero after it."""
    start, stop = batch.blocks[0].right[0], batch.blocks[-1].right[1]
    count = len(batch.blocks)
    samples = np.zeros((signal.channels, (count - 1) * step + length))
    signal.copy(start, stop, samples[:, : stop - start])
    channel, sample = samples.strides
    shape = (signal.channels, count, length)
    return np.ndarray(shape, np.float64, samples.data, 0, (channel, step * sample, sample))
