"""Estimates whose channels are at different levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.leaning import lean_db, leaning
from sepeval.audits.base.undoing import Change, Whole, undone, whole_tracks, with_balance
from sepeval.results.words import several
from sepeval.scoring import TrackStatistics
from sepeval.types import Array
from sepeval.what_if import Held

_TELLING_DB = 0.1  # by which undoing must raise the SDR


@audit("wrong_balance", of="runs", pitfalls=("P23", "P24"))
def wrong_balance(runs: Runs) -> Iterator[Finding]:
    """Which estimates lean to one side?"""
    for run in runs.runs:
        leaning_ = (one for track in whole_tracks(run) for one in _leaning(track))
        found = [one for one in leaning_ if one.undone - one.sdr > _TELLING_DB]
        if not found:
            continue
        found.sort(key=lambda one: one.sdr - one.undone)
        effect, worst = undone(run, _straight(found)), found[0]
        yield Finding(
            audit="wrong_balance",
            severity="warning",
            subject=run.manifest.label,
            message=(
                f"{several(len(found), 'estimates have')} "
                "the right signal at another level on each channel. "
                "A scale-invariant metric that takes each channel by itself does not see it; with "
                f"the levels undone {effect.words}. The SDR of {worst.stem} over {worst.track} "
                f"alone would be {worst.undone:.1f} instead of {worst.sdr:.1f} dB."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=(*(one.row for one in found), *effect.rows),
            way_out="look for a normalisation of each channel; score with a gain for both together",
        )


class _Leaning(NamedTuple):
    track: str
    replicate: int
    stem: str
    gains: Array
    sdr: float
    undone: float

    @property
    def row(self) -> Mapping[str, Plain]:
        return {
            "track": self.track,
            "stem": self.stem,
            "gains": ", ".join(f"{gain:.3f}" for gain in self.gains),
            "lean_db": lean_db(self.gains),
            "sdr_db": self.sdr,
            "undone_db": self.undone,
        }


def _leaning(track: Whole) -> Iterator[_Leaning]:
    statistics = track.statistics
    for place, stem in enumerate(track.stems):
        gains = leaning(track, place)
        if gains is None:
            continue
        reference = statistics.reference[0, :2, place]
        rest = statistics.residual[0, :2, 0, place]
        total = float(reference.sum())
        error = float((rest + (gains - 1.0) ** 2 * reference).sum())
        pair = _decibels(total, error), _decibels(total, float((rest / gains**2).sum()))
        yield _Leaning(track.track, track.replicate, stem, gains, *pair)


def _straight(found: list[_Leaning]) -> Change:
    gains = {(one.track, one.replicate, one.stem): 1.0 / one.gains for one in found}

    def change(held: Held) -> TrackStatistics | None:
        track = held.statistics
        if track is None:
            return None
        own = [gains.get((held.track, held.replicate, stem)) for stem in track.stems]
        if all(one is None for one in own):
            return None
        scale = np.array([np.ones(2) if one is None else one for one in own])
        return replace(track, cells=with_balance(track.cells, scale))

    return change


def _decibels(target: float, error: float) -> float:
    return 10.0 * float(np.log10(target / error)) if error > 0 else 300.0
