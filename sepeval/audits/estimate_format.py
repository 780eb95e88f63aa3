"""Estimates that were clipped or rounded when they were written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.heard import heard_tracks

_RUNS, _QUIETEST = 10, 0.01  # as of references: runs of equal extremes, and the least peak


@audit("clipped_estimates", of="runs", pitfalls=("P7",))
def clipped_estimates(runs: Runs) -> Iterator[Finding]:
    """Which estimates are clipped?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        for one in heard_tracks(run):
            for stem, levels, reference in zip(
                one.stems, one.facts.estimates, one.facts.references, strict=True
            ):
                clipped = (levels.flat_runs >= _RUNS) & (levels.peak >= _QUIETEST)
                rows += [
                    {
                        "track": one.track,
                        "stem": stem,
                        "channel": int(channel),
                        "samples": int(levels.flat[channel]),
                        "longest": int(levels.longest_flat[channel]),
                        "peak": float(levels.peak[channel]),
                    }
                    for channel in np.flatnonzero(clipped & (reference.flat_runs < _RUNS))
                ]
        rows.sort(key=lambda row: -int(str(row["samples"])))
        if rows:
            yield Finding(
                audit="clipped_estimates",
                severity="warning",
                subject=run.manifest.label,
                message=(
                    f"{len(rows)} channels of estimates are clipped and their references are not. "
                    "The score is that of the clipped file and not that of the separator; by how "
                    "much that one is higher is not known, for what was cut off is lost."
                ),
                evidence=tuple(rows),
                way_out="write estimates in 32-bit float, without a limit at full scale",
            )


@audit("rounded_estimates", of="runs", pitfalls=("P7",))
def rounded_estimates(runs: Runs) -> Iterator[Finding]:
    """Which estimates were rounded to 16 bit?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        estimates = 0
        for one in heard_tracks(run):
            estimates += len(one.stems)
            rows += [
                {"track": one.track, "stem": stem, "bits": int(levels.bits.max())}
                for stem, levels in zip(one.stems, one.facts.estimates, strict=True)
                if levels.bits.max() == 16
            ]
        if rows:
            yield Finding(
                audit="rounded_estimates",
                severity="note",
                subject=run.manifest.label,
                message=(
                    f"{len(rows)} of {estimates} estimates lie on the steps of 16-bit audio. "
                    "Rounding turns a leak below -96 dBFS into exact zeros, which earn the ceiling "
                    "where silent references are scored, and drop out where zeros are left out."
                ),
                evidence=tuple(rows),
                way_out="write estimates in 32-bit float",
            )
