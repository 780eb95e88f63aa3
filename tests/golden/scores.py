"""The scores of real systems on the golden tracks, under released protocols."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd

from sepeval.kernels.cells import measure
from sepeval.metrics.base import Means, Prepared, SignalMetric, build
from sepeval.protocol import Protocol, load
from sepeval.scoring import TrackStatistics, edges, grid, score_track
from sepeval.scoring.score import measurement_key
from sepeval.types import Array, Status
from tests.shared_data import RATE, STEMS, TRACKS, joined

STATUSES = np.array([str(status) for status in Status])


@cache
def audio(system: str, track: str) -> Array:
    """Return [stem 1 sample]; `Mixture` has the sum of the references as every stem."""
    if system == "Mixture":
        return np.repeat(audio("original", track).sum(axis=0)[None], len(STEMS), axis=0)
    return joined(system, TRACKS[track])


@cache
def changed(name: str, changes: str) -> Protocol:
    """Return a released protocol with some of its fields replaced, given as JSON."""
    released = load(name)
    update = json.loads(changes)
    if not update:
        return released.for_stems(STEMS)
    document = released.for_stems(STEMS).model_dump()
    if "stems" in update:
        for summary in document["summaries"]:
            summary["all_stems"] = list(update["stems"])
    return Protocol.model_validate({**document, **update})


@cache
def scores(name: str, changes: str, system: str) -> pd.DataFrame:
    """Return the scores of a system on both tracks, one row per score, as a run stores them."""
    protocol = changed(name, changes)
    return pd.concat([_scores(protocol, system, track) for track in TRACKS], ignore_index=True)


def _scores(protocol: Protocol, system: str, track: str) -> pd.DataFrame:
    references, estimates = audio("original", track), audio(system, track)
    length = references.shape[2]
    cut = edges([protocol], length=length, rate=RATE)
    cells = measure(references, estimates, references.sum(axis=0), cut)
    measured = {}
    for entry in protocol.metrics:
        metric = build(entry)
        if isinstance(metric, SignalMetric):
            key = measurement_key(protocol, metric)
            if key not in measured:
                side = _prepared(protocol.model_dump_json(), entry.name, track)
                measured[key] = side.measure(references, estimates, means=Means())
    stored = TrackStatistics(cells, cut, tuple(protocol.stems), (), RATE, measured)
    found = score_track(protocol, stored)
    shape = found.values.shape
    places = np.indices(shape).reshape(3, -1)
    return pd.DataFrame(
        {
            "system": system,
            "track": track,
            "metric": np.array(found.metrics)[places[0]],
            "stem": np.array(found.stems)[places[1]],
            "start": found.windows[places[2], 0],
            "stop": found.windows[places[2], 1],
            "replicate": 0,
            "value": found.values.ravel(),
            "status": STATUSES[found.statuses.ravel()],
            "silent": found.silent[places[1], places[2]],
        }
    )


@cache
def _prepared(protocol: str, entry: str, track: str) -> Prepared:
    """Return what serves all systems: the filters' equations of a track."""
    rule = Protocol.model_validate_json(protocol)
    metric = build(next(one for one in rule.metrics if one.name == entry))
    assert isinstance(metric, SignalMetric)
    references = audio("original", track)
    windows = grid(rule, length=references.shape[2], rate=RATE).windows
    mixture = references.sum(axis=0)
    return metric.prepare(references, mixture=mixture, windows=windows, rate=RATE, means=Means())
