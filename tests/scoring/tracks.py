"""From arrays to scores in one call, as a run does it in two."""

from __future__ import annotations

import numpy as np

from sepeval.kernels.cells import measure
from sepeval.metrics.base import Means, SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.scoring import TrackScores, TrackStatistics, edges, grid, score_track
from sepeval.scoring.score import measurement_key
from sepeval.types import Array, Status

STATUSES = tuple(Status)


def statistics(
    protocol: Protocol,
    references: Array,
    estimates: Array,
    *,
    mixture: Array | None = None,
    rate: int,
    missing: tuple[str, ...] = (),
) -> TrackStatistics:
    """Return what a run stores; without a mixture it is the sum of the references."""
    heard = references.sum(axis=0) if mixture is None else mixture
    length = references.shape[2]
    cut = edges([protocol], length=length, rate=rate)
    windows = np.minimum(grid(protocol, length=length, rate=rate).windows, length)
    measured = {}
    for entry in protocol.metrics:
        metric = build(entry)
        if isinstance(metric, SignalMetric):
            key = measurement_key(protocol, metric)
            prepared = metric.prepare(
                references, mixture=heard, windows=windows, rate=rate, means=Means()
            )
            measured[key] = prepared.measure(references, estimates, means=Means())
    cells = measure(references, estimates, heard, cut)
    return TrackStatistics(cells, cut, tuple(protocol.stems), missing, rate, measured)


def scored(
    protocol: Protocol,
    references: Array,
    estimates: Array,
    *,
    mixture: Array | None = None,
    rate: int,
    missing: tuple[str, ...] = (),
) -> TrackScores:
    """Return the scores of one estimate of one track."""
    stored = statistics(
        protocol, references, estimates, mixture=mixture, rate=rate, missing=missing
    )
    return score_track(protocol, stored)


def statuses(scores: TrackScores) -> list[list[list[str]]]:
    """Return the statuses by name, [metric stem window]."""
    return [[[str(STATUSES[code]) for code in row] for row in one] for one in scores.statuses]
