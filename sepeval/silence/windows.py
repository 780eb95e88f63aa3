"""Single windows with a silent reference, beside the closed form of their score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sepeval.kernels.cells import join
from sepeval.kernels.levels import silent
from sepeval.kernels.windows import gather
from sepeval.protocol import Protocol
from sepeval.scoring import TrackStatistics, grid
from sepeval.silence.facts import Point
from sepeval.types import Array, BoolArray, IntArray
from sepeval.what_if import Key, held


def points(
    systems: Mapping[str, Key],
    protocol: Protocol,
    metric: str,
    frames: Mapping[str, pd.DataFrame],
) -> list[Point]:
    """Return every silent window of a metric that has the closed form; none for others.

    Args:
        systems: statistics by name.
        protocol: scores silent references.
        metric: name of the score.
        frames: scores of that metric, by system.
    """
    entry = next(one for one in protocol.metrics if one.name == metric)
    eps = entry.parameters.get("eps")
    if entry.metric != "si_sdri" or not isinstance(eps, dict):
        return []
    added = float(str(eps.get("error")))
    found = []
    for name, key in systems.items():
        known = frames[name].set_index(["track", "stem", "replicate", "start"])["value"]
        for one in held(key):
            if one.statistics is None:
                continue
            levels = _levels(one.statistics, protocol, added)
            for window, stem in np.argwhere(levels.silent):
                label = list(protocol.stems)[stem]
                start = int(levels.starts[window])
                place = (one.track, label, one.replicate, start)
                if place in known.index:
                    found.append(
                        Point(
                            system=name,
                            stem=label,
                            track=one.track,
                            start=start,
                            reference_dbfs=float(levels.reference[window, stem]),
                            leak_dbfs=float(levels.leak[window, stem]),
                            over_leak_db=float(levels.over[window, stem]),
                            score=float(known[place]),
                        )
                    )
    return found


@dataclass(frozen=True)
class _Levels:
    """Levels [window stem] in dB, and where windows start, in samples."""

    starts: IntArray
    silent: BoolArray
    reference: Array
    leak: Array
    over: Array


def _levels(track: TrackStatistics, protocol: Protocol, eps: float) -> _Levels:
    length = int(track.edges[-1])
    cut = grid(protocol, length=length, rate=track.rate).windows
    into = gather(cut, track.edges)
    chosen = track.cells.select([track.stems.index(stem) for stem in protocol.stems])
    windows = chosen if into is None else join(chosen, into)
    count = windows.channels
    lengths = cut[:, 1] - cut[:, 0]
    samples = (np.maximum(lengths, 1) * count)[:, None]
    mixture = windows.gram[:, :count, 2 * windows.stems, 2 * windows.stems]
    estimate = windows.estimate[:, :count]
    ratio = 10.0 * np.log10((mixture[..., None] + eps) / (estimate + eps))
    rule = protocol.silence
    quiet = silent(windows.reference, lengths=lengths, rule=rule.rule, threshold=rule.threshold)
    with np.errstate(divide="ignore"):
        reference = 10.0 * np.log10(windows.reference[:, :count].sum(axis=1) / samples)
        leak = 10.0 * np.log10(estimate.sum(axis=1) / samples)
    return _Levels(cut[:, 0], quiet, reference, leak, ratio.mean(axis=1))
