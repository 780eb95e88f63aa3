"""Estimates that are early or late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.heard import heard_tracks
from sepeval.store import Run

_FITS = 0.5  # correlation from which on a lag is one
_SURE_DB = 3.0  # SI-SDR without the delay, below which the match is poor
_DOUBT = " Even so the match is poor: shifts beyond 0.5 s are not searched."
_LEAST_DB = 0.5  # by which undoing a delay must raise SI-SDR


@audit("delay", of="runs", pitfalls=("P21",))
def delay(runs: Runs) -> Iterator[Finding]:
    """Which estimates are early or late?

    By how much a protocol's numbers would move is not known, for statistics of shifted audio are
    not stored; the decibels are the SI-SDR where each reference is loudest, from stored facts.
    """
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        for one in heard_tracks(run):
            for stem, lag in zip(one.stems, one.facts.lags, strict=True):
                if lag is None:
                    continue
                now, then = (_si_sdr(value) for value in (lag.at_zero, lag.correlation))
                late = lag.samples and abs(lag.correlation) >= _FITS and then - now > _LEAST_DB
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
            yield _late(run, rows)


def _late(run: Run, rows: list[Mapping[str, Plain]]) -> Finding:
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
            f"{worst['si_sdr_db']:.1f} dB. These are decibels of the signals there, and no number "
            "of a protocol; by how much a table would move is not known."
            + ("" if best > _SURE_DB else _DOUBT)
        ),
        evidence=tuple(rows),
        way_out="undo the delay of the model or of its padding; then score again",
    )


def _si_sdr(correlation: float) -> float:
    share = min(correlation**2, 1.0 - 1e-12)
    return 10.0 * float(np.log10(max(share, 1e-12) / (1.0 - share)))
