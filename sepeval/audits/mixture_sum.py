"""Whether the mixture is the sum of what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Split, audit

_CODED = ("musdb18",)  # mixture and stems are coded apart: -30 dB is usual there
_ROUNDING_DB = -50.0  # above what 16-bit rounding of a dozen sources leaves of a loud mixture
_CODING_DB = -20.0


@audit("mixture_sum", of="splits", pitfalls=("P22",))
def mixture_sum(split: Split) -> Iterator[Finding]:
    """Is the mixture the sum of its sources, on every channel?"""
    limit = _CODING_DB if split.layout in _CODED else _ROUNDING_DB
    rows: list[Mapping[str, Plain]] = []
    heard = 0
    for survey in split.surveys:
        heard += bool(len(survey.mixture))
        for channel, (whole, rest) in enumerate(zip(survey.mixture, survey.remainder, strict=True)):
            if not survey.complete:
                continue
            if rest > whole * 10.0 ** (limit / 10.0):
                ratio = 10.0 * float(np.log10(rest / whole)) if whole > 0 else None
                rows.append({"track": survey.track, "channel": channel, "remainder_db": ratio})
    rows.sort(key=lambda row: -float(str(row["remainder_db"] or 99.0)))
    if rows:
        tracks = len({row["track"] for row in rows})
        worst = rows[0]["remainder_db"]
        level = "there is a sum and no mixture" if worst is None else f"{worst:.1f} dB"
        yield Finding(
            audit="mixture_sum",
            severity="warning",
            subject=split.name,
            message=(
                f"In {tracks} of {heard} tracks the mixture is not the sum of what lies beside it; "
                f"at worst the remainder against the mixture is {level}. No estimate that sums to "
                "the mixture can be right, and SI-SDRi counts from another mixture than the one "
                "that was separated."
            ),
            evidence=tuple(rows),
            way_out="say whether the mixture is the file or the sum; name these tracks",
        )
