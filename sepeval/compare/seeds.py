"""How far a stochastic system's number moves by its seeds, apart from how far by the tracks."""

from __future__ import annotations

import numpy as np

from sepeval.compare.outcome import Spread
from sepeval.compare.resampled import Resampled
from sepeval.protocol import Summary
from sepeval.results import Results, System
from sepeval.summary import score_frame, summarise_scores
from sepeval.types import Array


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
    made = []
    for place, system in enumerate(results.systems):
        by_stem = _by_replicate(results, system, summary.name, metric)
        for column, stem in enumerate(found.stems):
            values = by_stem.get(stem, np.zeros(0))
            if len(values) < 2:
                continue
            over_tracks = float(np.nanstd(found.draws[:, place, column], ddof=1))
            over_seeds = float(np.std(values, ddof=1))
            made.append(Spread(system.name, stem, len(values), over_seeds, over_tracks))
    return tuple(made)


def _by_replicate(results: Results, system: System, summary: str, metric: str) -> dict[str, Array]:
    """Return the number of every replicate by itself, [replicate], by stem."""
    scores = score_frame(system.run, results.protocol, beside=results.runs)
    replicates = scores["replicate"].unique()
    if len(replicates) < 2:
        return {}
    found: dict[str, list[float]] = {}
    for replicate in replicates:
        own = scores[scores["replicate"] == replicate]
        for row in summarise_scores(own, results.protocol, system=system.name):
            if (row.summary, row.metric) == (summary, metric) and row.value is not None:
                found.setdefault(row.stem, []).append(row.value)
    return {stem: np.array(values) for stem, values in found.items()}
