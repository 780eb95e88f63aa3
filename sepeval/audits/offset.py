"""Signals whose mean is not zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Split, audit
from sepeval.results.words import several

_LEAST = 1e-3  # full scale at 1: -60 dBFS
_TELLING_DB = 30.0  # a lower ceiling is in the way of good estimates; voices alone reach 34 dB


@audit("offset", of="splits", pitfalls=("P25",))
def offset(split: Split) -> Iterator[Finding]:
    """Which files have a constant under the music?"""
    rows: list[Mapping[str, Plain]] = []
    for survey in split.surveys:
        for sound in survey.sounds:
            levels = sound.levels
            for channel, mean in enumerate(levels.mean):
                if abs(mean) > _LEAST:
                    ratio = levels.energy[channel] / (levels.length * mean**2)
                    rows.append(
                        {
                            "track": survey.track,
                            "file": sound.file.path.name,
                            "channel": channel,
                            "mean": float(mean),
                            "ceiling_db": float(10.0 * np.log10(max(ratio, 1e-12))),
                        }
                    )
    rows.sort(key=lambda row: float(str(row["ceiling_db"])))
    if rows:
        yield Finding(
            audit="offset",
            severity="warning" if float(str(rows[0]["ceiling_db"])) < _TELLING_DB else "note",
            subject=split.name,
            message=(
                f"{several(len(rows), 'channels have')} an offset above -60 dBFS, at worst "
                f"{float(str(rows[0]['mean'])):+.4f}. An estimate that is right but for the offset "
                f"gets {float(str(rows[0]['ceiling_db'])):.1f} dB from a metric that keeps the "
                "mean, and has no limit under one that removes it."
            ),
            evidence=tuple(rows),
            way_out="state whether the metric removes the mean; remove it from the files otherwise",
        )
