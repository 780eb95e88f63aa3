"""Cutting a signal into chunks and joining what became of them.

Convention: chunk k begins at sample k (chunk − overlap). Joined samples are the weighted mean over
all chunks that hold them, so every choice of weights gives back a signal that was not changed.

Music-Source-Separation-Training (MSST, `demix`) joins its chunks with window `msst`, tail `msst`
and border `reflect`, where overlap is chunk − chunk // num_overlap. It does so for a batch of one:
with larger batches its special cases fall on other chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from sepeval.errors import ShapeError
from sepeval.types import Array, IntArray

Window: TypeAlias = Literal["none", "triangle", "hann", "linear_fade", "msst"]
Tail: TypeAlias = Literal["pad", "partial", "drop", "msst"]
Border: TypeAlias = Literal["none", "reflect"]


def margin(length: int, *, overlap: int, border: Border) -> int:
    """Samples by which a signal is continued at both ends before it is cut.

    Args:
        length: samples of the signal.
        overlap: samples that two neighbouring chunks share.
        border: `none`: 0. `reflect`: the overlap, by reflection, as MSST does; 0 for a signal of
            at most twice the overlap, which is left as it is.

    Example:
        >>> margin(9, overlap=4, border="reflect"), margin(8, overlap=4, border="reflect")
        (4, 0)
    """
    return overlap if border == "reflect" and length > 2 * overlap else 0


def bounds(length: int, *, chunk: int, overlap: int, tail: Tail) -> IntArray:
    """First and last sample plus one of every chunk.

    Args:
        length: samples of the signal, at least one.
        chunk: samples in a chunk.
        overlap: samples that two neighbours share, less than `chunk`.
        tail: what becomes of an end that does not fill a chunk. `pad`: a whole chunk, which
            reaches beyond the signal. `partial`: a short chunk. `drop`: no chunk. `msst`: whole
            chunks, one at every step below the length, even where all samples are in one already.

    Returns:
        [chunk 2]; no row for a signal shorter than a chunk whose tail is dropped.

    Example:
        >>> bounds(10, chunk=4, overlap=1, tail="partial").tolist()
        [[0, 4], [3, 7], [6, 10]]
        >>> bounds(9, chunk=4, overlap=1, tail="drop").tolist()
        [[0, 4], [3, 7]]
        >>> bounds(8, chunk=4, overlap=2, tail="msst").tolist()
        [[0, 4], [2, 6], [4, 8], [6, 10]]
    """
    step = chunk - overlap
    whole = (length - chunk) // step + 1 if length >= chunk else 0
    covered = (whole - 1) * step + chunk if whole else 0
    count = whole if tail == "drop" or covered == length else whole + 1
    if tail == "msst":
        count = -(-length // step)
    starts = np.arange(count, dtype=np.int64) * step
    stops = starts + chunk
    return np.stack([starts, np.minimum(stops, length) if tail == "partial" else stops], axis=1)


def piece(signal: Array, *, start: int, stop: int, tail: Tail) -> Array:
    """The samples of one chunk.

    Args:
        signal: [... sample].
        start: first sample, in the signal.
        stop: last sample plus one; it may lie beyond the signal.
        tail: what stands beyond the signal: zeros; under `msst` its reflection, if more than half
            of the chunk is signal.

    Returns:
        [... sample], stop − start of them.

    Example:
        >>> piece(np.array([1.0, 2.0, 3.0]), start=0, stop=5, tail="msst").tolist()
        [1.0, 2.0, 3.0, 2.0, 1.0]
    """
    there = signal[..., start:stop]
    size = there.shape[-1]
    widths = [(0, 0)] * (signal.ndim - 1) + [(0, stop - start - size)]
    reflects = tail == "msst" and size > (stop - start) // 2
    return np.pad(there, widths, mode="reflect" if reflects else "constant")


def weights(window: Window, *, chunk: int, is_first: bool = False, is_last: bool = False) -> Array:
    """Weight of each sample of a chunk, from 0 to 1; above 0 but for the ends of `msst`.

    Args:
        window: `none`: all alike. `triangle`: 1, 2, ... up to the middle and down again, scaled
            to the peak 1, as Demucs joins its chunks (its transition power is 1). `hann`:
            sin²(π (m + ½) / chunk). `linear_fade`: flat, with straight ramps over a tenth of the
            chunk at both ends that begin half a step above 0. `msst`: the same with ramps from 0
            to 1 inclusive, without the first ramp in the first chunk and without the last ramp in
            the last one. (MSST leaves an only chunk its last ramp, which the mean cancels.)
        chunk: samples in a chunk.
        is_first: whether it is the first chunk.
        is_last: whether it is the last chunk.

    Returns:
        [sample].

    Example:
        >>> weights("triangle", chunk=5).round(3).tolist()
        [0.333, 0.667, 1.0, 0.667, 0.333]
    """
    sample = np.arange(chunk, dtype=np.float64)
    to_edge = np.minimum(sample, sample[::-1])
    fade = chunk // 10
    shape = np.ones(chunk)
    if window == "triangle":
        shape = (to_edge + 1.0) / (to_edge.max() + 1.0)
    if window == "hann":
        shape = np.sin(np.pi * (sample + 0.5) / chunk) ** 2
    if window == "linear_fade":
        shape = np.minimum((to_edge + 0.5) / max(fade, 1), 1.0)
    if window == "msst" and fade:
        ramp = np.linspace(0.0, 1.0, fade)
        if not is_first:
            shape[:fade] = ramp
        if not is_last:
            shape[-fade:] = ramp[::-1]
    return shape


def weights_of_all(window: Window, *, chunk: int, count: int) -> list[Array]:
    """Return the weights of each of `count` chunks; those between first and last are one array."""
    if window != "msst" or count == 0:
        return [weights(window, chunk=chunk)] * count
    if count == 1:
        return [weights(window, chunk=chunk, is_first=True, is_last=True)]
    first = weights(window, chunk=chunk, is_first=True)
    last = weights(window, chunk=chunk, is_last=True)
    return [first, *[weights(window, chunk=chunk)] * (count - 2), last]


def joined(
    chunks: Iterable[Array], *, starts: IntArray, weights: Sequence[Array], length: int
) -> Array:
    """Weighted mean of overlapping chunks.

        y[t] = Σₖ wₖ[t − tₖ] yₖ[t − tₖ] / Σₖ wₖ[t − tₖ]

    Args:
        chunks: [... sample] for each chunk, in the order of `starts`; not longer than their
            weights. What reaches beyond `length` is cut.
        starts: [chunk], tₖ, in samples.
        weights: [sample] for each chunk, wₖ, not below 0; a shorter chunk takes the first of them.
        length: samples of the result.

    Returns:
        [... sample].

    Raises:
        ShapeError: there are more or fewer chunks than starts, or a sample is in no chunk that
            has a weight there.
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
        weight = weights[done][:size]
        total[..., start : start + size] += weight * chunk[..., :size]
        sums[start : start + size] += weight
        done += 1
    if done != len(starts) or not (sums > 0.0).all():
        message = f"{done} chunks for {len(starts)} starts must cover all {length} samples"
        raise ShapeError(message)
    total /= sums
    return total
