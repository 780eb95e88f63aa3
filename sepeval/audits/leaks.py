"""What is left in an estimate where its reference is silent, in dBFS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.undoing import protocols_with_statistics, statistics_of, undone
from sepeval.kernels.cells import Statistics
from sepeval.scoring import TrackStatistics
from sepeval.store import Run
from sepeval.types import Array, BoolArray
from sepeval.what_if import Held

_SOFTER_DB = 10.0


@audit("leaks", of="runs", pitfalls=("P1", "P6"))
def leaks(runs: Runs) -> Iterator[Finding]:
    """How loud are estimates where the reference is exactly zero, and what is that worth?"""
    for run in runs.runs:
        rows = list(_rows(run))
        if not rows:
            continue
        effect = undone(run, _softer)
        loudest = max(rows, key=lambda row: float(str(row["median_dbfs"])))
        yield Finding(
            audit="leaks",
            severity="note",
            subject=run.manifest.label,
            message=(
                f"Where a reference is exactly zero, {loudest['stem']} leaks at "
                f"{float(str(loudest['median_dbfs'])):.1f} dBFS (median){_beside(rows)}. If "
                f"all leaks were {_SOFTER_DB:.0f} dB softer and nothing else changed, "
                f"{effect.words}."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=(*rows, *effect.rows),
            way_out="report the leak in dBFS, and scores over windows in which the stem plays",
        )


def _beside(rows: list[Mapping[str, Plain]]) -> str:
    """Return what is said of the stems that leak less than the loudest; nothing without one."""
    shown = sorted(round(float(str(row["median_dbfs"])), 1) for row in rows)
    if len(shown) < 2 or shown[0] == shown[-1]:
        return ""
    return ", and other stems less" if shown[-2] < shown[-1] else ", and no stem more"


def _rows(run: Run) -> Iterator[Mapping[str, Plain]]:
    """Yield the spread of the leak of every stem, over cells with a reference of exact zeros."""
    for protocol in protocols_with_statistics(run)[:1]:
        levels: dict[str, list[Array]] = {}
        exact: dict[str, int] = {}
        for one in statistics_of(run, protocol):
            track = one.statistics
            if track is None:
                continue
            energy, quiet = _energy(track.cells.estimate, track.cells), _quiet(track.cells)
            samples = np.diff(track.edges) * track.cells.channels
            for place, stem in enumerate(track.stems):
                chosen = quiet[:, place]
                mean = energy[chosen, place] / samples[chosen]
                exact[stem] = exact.get(stem, 0) + int((mean == 0).sum())
                levels.setdefault(stem, []).append(10.0 * np.log10(mean[mean > 0]))
        for stem, found in levels.items():
            values = np.concatenate(found)
            if len(values):
                yield {
                    "stem": stem,
                    "cells": len(values),
                    "exact zeros": exact[stem],
                    "median_dbfs": float(np.median(values)),
                    "lowest_dbfs": float(values.min()),
                    "highest_dbfs": float(values.max()),
                }


def _softer(one: Held) -> TrackStatistics | None:
    """Return the statistics of a track whose leaks are softer."""
    track = one.statistics
    if track is None:
        return None
    cells, stems = track.cells, track.cells.stems
    gain = np.where(_quiet(cells), 10.0 ** (-_SOFTER_DB / 20.0), 1.0)[:, None, :]
    scale = np.ones((len(cells.gram), 1, 2 * stems + 2))
    scale[:, :, stems : 2 * stems] = gain
    residual = cells.residual.copy()
    residual[:, :, 0] *= gain**2
    gram = cells.gram * scale[..., :, None] * scale[..., None, :]
    return replace(track, cells=Statistics(gram, residual, stems))


def _quiet(cells: Statistics) -> BoolArray:
    found: BoolArray = _energy(cells.reference, cells) == 0
    return found


def _energy(signal: Array, cells: Statistics) -> Array:
    found: Array = signal[:, : cells.channels].sum(axis=1)
    return found
