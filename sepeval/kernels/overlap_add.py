"""Cutting a signal into chunks and joining what became of them.

Convention: chunk k begins at sample k (chunk − overlap). Joined samples are the weighted mean over
all chunks that hold them, so every choice of weights gives back a signal that was not changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np

from sepeval.errors import ShapeError
from sepeval.types import Array, IntArray

Window: TypeAlias = Literal["none", "triangle", "hann", "linear_fade"]
Tail: TypeAlias = Literal["pad", "partial", "drop"]


def bounds(length: int, *, chunk: int, overlap: int, tail: Tail) -> IntArray:
    """First and last sample plus one of every chunk.

    Args:
        length: samples of the signal, at least one.
        chunk: samples in a chunk.
        overlap: samples that two neighbours share, less than `chunk`.
        tail: what becomes of an end that does not fill a chunk. `pad`: a whole chunk, which
            reaches beyond the signal. `partial`: a short chunk. `drop`: no chunk.

    Returns:
        [chunk 2]; no row for a signal shorter than a chunk whose tail is dropped.

    Example:
        >>> bounds(10, chunk=4, overlap=1, tail="partial").tolist()
        [[0, 4], [3, 7], [6, 10]]
        >>> bounds(9, chunk=4, overlap=1, tail="drop").tolist()
        [[0, 4], [3, 7]]
    """
    step = chunk - overlap
    whole = (length - chunk) // step + 1 if length >= chunk else 0
    covered = (whole - 1) * step + chunk if whole else 0
    count = whole if tail == "drop" or covered == length else whole + 1
    starts = np.arange(count, dtype=np.int64) * step
    stops = starts + chunk
    return np.stack([starts, np.minimum(stops, length) if tail == "partial" else stops], axis=1)


def weights(window: Window, *, chunk: int) -> Array:
    """Weight of each sample of a chunk, from above 0 to 1.

    Args:
        window: `none`: all alike. `triangle`: 1, 2, ... up to the middle and down again, scaled
            to the peak 1, as Demucs joins its chunks. `hann`: sin²(π (m + ½) / chunk).
            `linear_fade`: flat, with straight ramps over a tenth of the chunk at both ends, as
            Music-Source-Separation-Training joins its chunks; its ramps start at 0 and its first
            and last chunk have one ramp only, which the weighted mean makes good here.
        chunk: samples in a chunk.

    Returns:
        [sample].

    Example:
        >>> weights("triangle", chunk=5).round(3).tolist()
        [0.333, 0.667, 1.0, 0.667, 0.333]
    """
    sample = np.arange(chunk, dtype=np.float64)
    to_edge = np.minimum(sample, sample[::-1])
    shape = np.ones(chunk)
    if window == "triangle":
        shape = (to_edge + 1.0) / (to_edge.max() + 1.0)
    if window == "hann":
        shape = np.sin(np.pi * (sample + 0.5) / chunk) ** 2
    if window == "linear_fade":
        shape = np.minimum((to_edge + 0.5) / max(chunk // 10, 1), 1.0)
    return shape


def joined(chunks: Iterable[Array], *, starts: IntArray, weights: Array, length: int) -> Array:
    """Weighted mean of overlapping chunks.

        y[t] = Σₖ w[t − tₖ] yₖ[t − tₖ] / Σₖ w[t − tₖ]

    Args:
        chunks: [... sample] for each chunk, in the order of `starts`; not longer than `weights`.
            What reaches beyond `length` is cut.
        starts: [chunk], tₖ, in samples.
        weights: [sample], w, above 0; a shorter chunk takes the first of them.
        length: samples of the result.

    Returns:
        [... sample].

    Raises:
        ShapeError: there are more or fewer chunks than starts, or a sample is in no chunk.
    """
    total = np.zeros(0)
    sums = np.zeros(length)
    done = 0
    for chunk in chunks:
        if done == len(starts):
            raise ShapeError(f"{done} starts are given, and more chunks")
        if done == 0:
            total = np.zeros((*chunk.shape[:-1], length))
        start = int(starts[done])
        size = min(chunk.shape[-1], length - start)
        total[..., start : start + size] += weights[:size] * chunk[..., :size]
        sums[start : start + size] += weights[:size]
        done += 1
    if done != len(starts) or not (sums > 0.0).all():
        message = f"{done} chunks for {len(starts)} starts must cover all {length} samples"
        raise ShapeError(message)
    total /= sums
    return total
