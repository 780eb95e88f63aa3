"""Estimates whose channels are at different levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.undoing import Whole, whole_tracks

_OFF_DB = 1.0  # by which the gains of two channels differ
_HEARD = 0.5  # share of each channel that is the reference


@audit("wrong_balance", of="runs", pitfalls=("P23", "P24"))
def wrong_balance(runs: Runs) -> Iterator[Finding]:
    """Which estimates lean to one side?"""
    for run in runs.runs:
        rows = [row for track in whole_tracks(run) for row in _leaning(track)]
        if not rows:
            continue
        rows.sort(key=lambda row: float(str(row["sdr_db"])) - float(str(row["undone_db"])))
        value, better = (float(str(rows[0][key])) for key in ("sdr_db", "undone_db"))
        yield Finding(
            audit="wrong_balance",
            severity="warning",
            subject=run.manifest.label,
            message=(
                f"{len(rows)} estimates have the right signal at another level on each channel. "
                "A scale-invariant metric that takes each channel by itself does not see it; the "
                f"SDR of {rows[0]['stem']} of {rows[0]['track']} would be {better:.1f} instead of "
                f"{value:.1f} dB."
            ),
            effect_db=better - value,
            value=value,
            better=better,
            evidence=tuple(rows),
            way_out="look for a normalisation of each channel; score with a gain for both together",
        )


def _leaning(track: Whole) -> Iterator[Mapping[str, Plain]]:
    statistics = track.statistics
    if statistics.channels < 2:
        return
    rows = slice(0, statistics.channels)
    for place, stem in enumerate(track.stems):
        reference = statistics.reference[0, rows, place]
        estimate = statistics.estimate[0, rows, place]
        cross = statistics.cross[0, rows, 0, place]
        if not ((reference > 0) & (estimate > 0) & (cross > 0)).all():
            continue
        if (cross**2 / (reference * estimate)).min() < _HEARD:
            continue
        gains = cross / reference
        lean = 20.0 * float(np.log10(gains.max() / gains.min()))
        if lean > _OFF_DB:
            rest = statistics.residual[0, rows, 0, place]
            error = float((rest + (gains - 1.0) ** 2 * reference).sum())
            undone = float((rest / gains**2).sum())
            yield {
                "track": track.track,
                "stem": stem,
                "gains": ", ".join(f"{gain:.3f}" for gain in gains),
                "lean_db": lean,
                "sdr_db": _decibels(float(reference.sum()), error),
                "undone_db": _decibels(float(reference.sum()), undone),
            }


def _decibels(target: float, error: float) -> float:
    return 10.0 * float(np.log10(target / error)) if error > 0 else 300.0
