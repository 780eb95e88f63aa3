"""How far a stochastic system's number moves by its seeds, apart from how far by the tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from sepeval.compare.outcome import Spread
from sepeval.compare.resampled import Resampled
from sepeval.protocol import Summary
from sepeval.results import Results, System
from sepeval.summary import score_frame, summarise_scores


class Key(NamedTuple):
    """Which number of a table.

    Attributes:
        system: name of the system.
        summary: name of the reduction.
        metric: name of the score.
        stem: name of the stem, or `All`.
    """

    system: str
    summary: str
    metric: str
    stem: str


class Seeds(NamedTuple):
    """How far a number moves from one replicate to another.

    Attributes:
        replicates: that have a number.
        deviation: standard deviation of the number over them, in the metric's unit.
    """

    replicates: int
    deviation: float


def over_seeds(results: Results) -> Mapping[Key, Seeds]:
    """Return the spread over replicates of every number that several replicates have."""
    found: dict[Key, list[float]] = {}
    for system in results.systems:
        for key, value in _by_replicate(results, system):
            found.setdefault(key, []).append(value)
    return {
        key: Seeds(len(values), float(np.std(values, ddof=1)))
        for key, values in found.items()
        if len(values) > 1
    }


def spreads(
    results: Results, summary: Summary, metric: str, found: Resampled
) -> tuple[Spread, ...]:
    """Return one row per stem and All of every system that has more than one replicate.

    Args:
        results: of the systems.
        summary: how scores become a number.
        metric: name of the score.
        found: the systems' numbers over resampled tracks.
    """
    known = over_seeds(results)
    made = []
    for place, system in enumerate(results.systems):
        for column, stem in enumerate(found.stems):
            one = known.get(Key(system.name, summary.name, metric, stem))
            if one is not None:
                several = np.isfinite(found.values[:, place, column]).sum() > 1
                spread = np.nanstd(found.draws[:, place, column], ddof=1) if several else np.nan
                over_tracks = float(spread) if np.isfinite(spread) else None
                made.append(Spread(system.name, stem, one.replicates, one.deviation, over_tracks))
    return tuple(made)


def _by_replicate(results: Results, system: System) -> list[tuple[Key, float]]:
    """Return the numbers of every replicate by itself; none where there is only one."""
    if system.run.manifest.identity.get("replicates") in (None, 1):
        return []
    scores = score_frame(system.run, results.protocol, beside=results.runs)
    return [
        (Key(system.name, row.summary, row.metric, row.stem), row.value)
        for _, own in scores.groupby("replicate", observed=True)
        for row in summarise_scores(own, results.protocol, system=system.name)
        if row.value is not None
    ]
