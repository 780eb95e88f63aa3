"""Estimates that are early or late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.heard import heard_tracks
from sepeval.audits.base.undoing import Effect, over_tracks
from sepeval.store import Run

_FITS = 0.5  # correlation from which on a lag is one
_SURE_DB = 3.0  # SI-SDR without the delay, below which the match is poor
_DOUBT = " Even so the match is poor: shifts beyond 0.5 s are not searched."
_LEAST_DB = 0.5  # by which undoing a delay must raise SI-SDR


@audit("delay", of="runs", pitfalls=("P21",))
def delay(runs: Runs) -> Iterator[Finding]:
    """Which estimates are early or late?

    The effect is on the mean over tracks of the SI-SDR where each reference is loudest: statistics
    of shifted audio are not stored.
    """
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        values: list[tuple[str, float, float]] = []
        for one in heard_tracks(run):
            for stem, lag in zip(one.stems, one.facts.lags, strict=True):
                if lag is None:
                    continue
                now, then = (_si_sdr(value) for value in (lag.at_zero, lag.correlation))
                late = lag.samples and abs(lag.correlation) >= _FITS and then - now > _LEAST_DB
                values.append((stem, now, then if late else now))
                if late:
                    rows.append(
                        {
                            "track": one.track,
                            "stem": stem,
                            "late_by": lag.samples,
                            "late_by_ms": 1e3 * lag.samples / one.facts.rate,
                            "si_sdr_db": now,
                            "undone_db": then,
                        }
                    )
        if rows:
            yield _late(run, rows, over_tracks(values))


def _late(run: Run, rows: list[Mapping[str, Plain]], effect: Effect) -> Finding:
    rows.sort(key=lambda row: float(str(row["si_sdr_db"])) - float(str(row["undone_db"])))
    lags = sorted({int(str(row["late_by"])) for row in rows})
    worst, best = rows[0], max(float(str(row["undone_db"])) for row in rows)
    return Finding(
        audit="delay",
        severity="error" if best > _SURE_DB else "note",
        subject=run.manifest.label,
        where=", ".join(sorted({str(row["stem"]) for row in rows})),
        message=(
            f"{len(rows)} estimates are shifted against their reference, by {lags[0]} to "
            f"{lags[-1]} samples. Over the loudest 8 s the SI-SDR of {worst['stem']} of "
            f"{worst['track']} would be {worst['undone_db']:.1f} instead of "
            f"{worst['si_sdr_db']:.1f} dB; the mean over all tracks of the stem that gains most "
            f"would be {effect.undone:.1f} instead of {effect.value:.1f} dB."
            + ("" if best > _SURE_DB else _DOUBT)
        ),
        effect_db=effect.size,
        value=effect.value,
        value_by_better_rule=effect.undone,
        evidence=tuple(rows),
        way_out="undo the delay of the model or of its padding; then score again",
    )


def _si_sdr(correlation: float) -> float:
    share = min(correlation**2, 1.0 - 1e-12)
    return 10.0 * float(np.log10(max(share, 1e-12) / (1.0 - share)))
