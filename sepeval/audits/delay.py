"""Estimates that are early or late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.heard import Heard, heard_tracks
from sepeval.kernels.signal_facts import Lag
from sepeval.results.words import several
from sepeval.store import Run

_FITS = 0.5  # correlation from which on a lag is one
_SURE_DB = 3.0  # SI-SDR without the delay, below which the match is poor
_DOUBT = " Even so the match is poor: shifts beyond 0.5 s are not searched."
_LEAST_DB = 0.5  # by which undoing a delay must raise SI-SDR
_ELSEWHERE_DB = 3.0  # the same in the stretch that fits least
_LOUDEST = "the loudest 8 s"


@audit("delay", of="runs", pitfalls=("P21",))
def delay(runs: Runs) -> Iterator[Finding]:
    """Which estimates are early or late, or become so along the track?

    By how much a protocol's numbers would move is not known, for statistics of shifted audio are
    not stored; the decibels are the SI-SDR where each reference is loudest, or where the estimate
    fits least, from stored facts.
    """
    for run in runs.runs:
        found = [late for one in heard_tracks(run) for late in _late_ones(one)]
        if found:
            yield _late(run, sorted(found, key=lambda one: one.now - one.then))


class _Late(NamedTuple):
    """A shifted estimate: its lag in samples, where, and SI-SDR in dB with it and without."""

    track: str
    stem: str
    rate: int
    samples: int
    where: str
    elsewhere: str
    now: float
    then: float

    @property
    def row(self) -> Mapping[str, Plain]:
        return {
            "track": self.track,
            "stem": self.stem,
            "late_by": self.samples,
            "late_by_ms": 1e3 * self.samples / self.rate,
            "where": self.where,
            "elsewhere": self.elsewhere,
            "si_sdr_db": self.now,
            "undone_db": self.then,
        }


def _late_ones(one: Heard) -> Iterator[_Late]:
    facts = one.facts
    for stem, lag, other in zip(one.stems, facts.lags, facts.elsewhere, strict=True):
        if lag is None:
            continue
        fits = abs(lag.correlation) >= _FITS
        place = "" if other is None else f"8 s from {other.start / facts.rate:.1f} s"
        if fits and _is_late(lag, _LEAST_DB):
            told = "" if other is None else f"{other.lag.samples} samples in {place}"
            yield _of(one, stem, lag, _LOUDEST, told)
        elif other is not None and _is_late(other.lag, _ELSEWHERE_DB):
            told = f"{lag.samples} samples in {_LOUDEST}" if fits else ""
            yield _of(one, stem, other.lag, place, told)


def _is_late(lag: Lag, least_db: float) -> bool:
    return bool(lag.samples) and _si_sdr(lag.correlation) - _si_sdr(lag.at_zero) > least_db


def _of(one: Heard, stem: str, lag: Lag, where: str, elsewhere: str) -> _Late:
    now, then = _si_sdr(lag.at_zero), _si_sdr(lag.correlation)
    return _Late(one.track, stem, one.facts.rate, lag.samples, where, elsewhere, now, then)


def _late(run: Run, found: Sequence[_Late]) -> Finding:
    worst, best = found[0], max(one.then for one in found)
    along = [one for one in found if one.elsewhere or one.where != _LOUDEST]
    ways = ["look for chunks that were dropped, doubled or put in another place"] if along else []
    if len(along) < len(found):
        ways.append("undo the delay of the model or of its padding")
    return Finding(
        audit="delay",
        severity="error" if best > _SURE_DB else "note",
        subject=run.manifest.label,
        where=", ".join(sorted({one.stem for one in found})),
        message=(
            f"{several(len(found), 'estimates are')} "
            f"shifted against their reference, {_words(found)}."
            + (
                f" In {len(along)} of them the lag is not the same along the track: samples are "
                "missing there, or were put in."
                if along
                else ""
            )
            + f" Over {worst.where} the SI-SDR of {worst.stem} of {worst.track} would be "
            f"{worst.then:.1f} instead of {worst.now:.1f} dB. These are decibels of the signals "
            "there, and no number of a protocol; by how much a table would move is not known."
            + ("" if best > _SURE_DB else _DOUBT)
        ),
        evidence=tuple(one.row for one in found),
        way_out=f"{'; '.join(ways)}; then score again",
    )


def _words(found: Sequence[_Late]) -> str:
    lags = sorted({one.samples for one in found})
    told = [f"{abs(lag)} samples {'late' if lag > 0 else 'early'}" for lag in (lags[0], lags[-1])]
    return told[0] if len(lags) == 1 else f"from {told[0]} to {told[1]}"


def _si_sdr(correlation: float) -> float:
    share = min(correlation**2, 1.0 - 1e-12)
    return 10.0 * float(np.log10(max(share, 1e-12) / (1.0 - share)))
