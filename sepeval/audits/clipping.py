"""Flat tops in references and mixtures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Split, audit
from sepeval.kernels.signal_facts import Levels
from sepeval.results.words import several

_RUNS = 10  # of four or more equal extremes; one loud note alone makes a few
_QUIETEST = 0.01  # below this peak 16 bits make flat tops themselves


@audit("clipping", of="splits", pitfalls=("P7",))
def clipping(split: Split) -> Iterator[Finding]:
    """Which files are clipped?"""
    rows: list[Mapping[str, Plain]] = []
    for survey in split.surveys:
        for sound in survey.sounds:
            rows += [
                {
                    "track": survey.track,
                    "file": sound.file.path.name,
                    "role": sound.role,
                    "channel": channel,
                    "samples": int(sound.levels.flat[channel]),
                    "longest": int(sound.levels.longest_flat[channel]),
                    "peak": float(sound.levels.peak[channel]),
                }
                for channel in _clipped(sound.levels)
            ]
    rows.sort(key=lambda row: -int(str(row["samples"])))
    if rows:
        mixtures = sum(row["role"] == "mixture" for row in rows)
        yield Finding(
            audit="clipping",
            severity="warning",
            subject=split.name,
            message=(
                f"{several(len(rows), 'channels are')} "
                f"clipped, {mixtures} of them of mixtures. A clipped "
                "mixture is not the sum of its stems where it is loudest; a clipped reference "
                "asks for distortion."
            ),
            evidence=tuple(rows),
            way_out="name the tracks; use floating point where sums are written",
        )


def _clipped(levels: Levels) -> Iterator[int]:
    for channel, runs in enumerate(levels.flat_runs):
        if runs >= _RUNS and levels.peak[channel] >= _QUIETEST:
            yield channel
