"""The windows of a protocol on a track of a given length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sepeval.kernels import windows as cut
from sepeval.protocol import Protocol, Segments, Sliding, Whole, in_samples
from sepeval.types import IntArray


@dataclass(frozen=True)
class Grid:
    """Windows in samples from the start of the track.

    Attributes:
        windows: [window 2] int64; a zero-padded window may end after the track.
        segments: [segment 2] int64; one segment that is the track where a protocol has none.
        segment: [window] int64, the segment that each window lies in.
    """

    windows: IntArray
    segments: IntArray
    segment: IntArray


def grid(protocol: Protocol, *, length: int, rate: int) -> Grid:
    """Return the windows that the protocol cuts.

    Args:
        protocol: says where to cut.
        length: of the track, in samples.
        rate: in Hz.

    Raises:
        ProtocolError: a length in seconds is no whole number of samples.
    """
    segments = _segments(protocol.segments, length, rate)
    found = [_windows(protocol.windows, stop - start, rate) + start for start, stop in segments]
    windows = np.concatenate([np.zeros((0, 2), np.int64), *found])
    numbers = np.repeat(np.arange(len(found), dtype=np.int64), [len(one) for one in found])
    return Grid(windows, segments, numbers)


def edges(protocols: Iterable[Protocol], *, length: int, rate: int) -> IntArray:
    """Return the edges of the cells that serve all protocols, as [edge] in samples."""
    grids = [grid(protocol, length=length, rate=rate) for protocol in protocols]
    return cut.edges([part for one in grids for part in (one.windows, one.segments)], length=length)


def _segments(rule: Segments | None, length: int, rate: int) -> IntArray:
    if rule is None:
        return np.array([[0, length]], dtype=np.int64)
    segment = rule.length if rule.length_s is None else in_samples(rule.length_s, rate)
    return cut.segments(length, segment=segment or 0, tail=rule.tail)


def _windows(rule: Sliding | Whole, length: int, rate: int) -> IntArray:
    if isinstance(rule, Whole):
        return np.array([[0, length]], dtype=np.int64)
    window, hop = in_samples(rule.length_s, rate), in_samples(rule.hop_s, rate)
    return cut.sliding(length, window=window, hop=hop, tail=rule.tail, shorter=rule.shorter)
