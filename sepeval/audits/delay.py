"""Estimates that are early or late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.heard import heard_tracks

_FITS = 0.5  # correlation from which on a lag is one
_SURE_DB = 3.0  # SI-SDR without the delay, below which the match is poor
_DOUBT = " Even so the match is poor: shifts beyond 0.5 s are not searched."
_LEAST_DB = 0.5  # by which undoing a delay must raise SI-SDR


@audit("delay", of="runs", pitfalls=("P21",))
def delay(runs: Runs) -> Iterator[Finding]:
    """Which estimates are early or late?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        for one in heard_tracks(run):
            for stem, lag in zip(one.stems, one.facts.lags, strict=True):
                if lag is None or lag.samples == 0 or abs(lag.correlation) < _FITS:
                    continue
                now, then = (_si_sdr(value) for value in (lag.at_zero, lag.correlation))
                if then - now > _LEAST_DB:
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
        rows.sort(key=lambda row: float(str(row["si_sdr_db"])) - float(str(row["undone_db"])))
        if rows:
            value, better = (float(str(rows[0][key])) for key in ("si_sdr_db", "undone_db"))
            lags = sorted({int(str(row["late_by"])) for row in rows})
            yield Finding(
                audit="delay",
                severity="error" if better > _SURE_DB else "note",
                subject=run.manifest.label,
                where=", ".join(sorted({str(row["stem"]) for row in rows})),
                message=(
                    f"{len(rows)} estimates are shifted against their reference, by {lags[0]} to "
                    f"{lags[-1]} samples. Over the loudest 8 s the SI-SDR of {rows[0]['stem']} of "
                    f"{rows[0]['track']} would be {better:.1f} instead of {value:.1f} dB."
                    + ("" if better > _SURE_DB else _DOUBT)
                ),
                effect_db=better - value,
                value=value,
                better=better,
                evidence=tuple(rows),
                way_out="undo the delay of the model or of its padding; then score again",
            )


def _si_sdr(correlation: float) -> float:
    share = min(correlation**2, 1.0 - 1e-12)
    return 10.0 * float(np.log10(max(share, 1e-12) / (1.0 - share)))
