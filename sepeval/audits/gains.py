"""Estimates that are too loud, too soft, or upside down.

The gain that a reference has inside its estimate is a = ⟨e, r⟩ / ‖r‖². An estimate e = g (r + n)
with noise n of its own that is scaled for the smallest error has a = s / (1 + s), with s the ratio
of ‖r‖² to ‖n‖²; so a between that and 1 is no fault. Outside, SDR pays for it and SI-SDR does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.leaning import leaning
from sepeval.audits.base.undoing import (
    Change,
    Effect,
    Whole,
    undone,
    whole_tracks,
    with_gains,
)
from sepeval.results.words import several
from sepeval.scoring import TrackStatistics
from sepeval.store import Run
from sepeval.types import Array
from sepeval.what_if import Held

_OFF_DB = 1.0  # by which a gain must be outside
_HEARD = 0.5  # share of the estimate's energy that is the reference; below, a is no gain
_TELLING_DB = 0.1


class _Stem(NamedTuple):
    track: str
    replicate: int
    stem: str
    place: int
    gain: float
    share: float
    sdr: float
    undone: float
    leans: bool


@audit("wrong_gain", of="runs", pitfalls=("P24",))
def wrong_gain(runs: Runs) -> Iterator[Finding]:
    """Which estimates are the reference at another level, the same on all channels?"""
    for run in runs.runs:
        alike = (one for one in _stems(run) if not one.leans)  # `wrong_balance` has the others
        found = [one for one in alike if one.gain > 0 and _off_db(one) > _OFF_DB]
        if not found:
            continue
        effect = undone(run, _scaling(found))
        worst = max(found, key=_off_db)
        yield Finding(
            audit="wrong_gain",
            severity="warning" if effect.size >= _TELLING_DB else "note",
            subject=run.manifest.label,
            message=(
                f"{several(len(found), 'estimates have')} "
                "the right signal at a level that lies more than "
                f"{_OFF_DB:g} dB outside what the smallest error asks for, at worst "
                f"{20 * np.log10(worst.gain):+.1f} dB ({worst.stem} of {worst.track}). SI-SDR does "
                f"not see it; with the gain undone {effect.words}."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=_evidence(found, effect),
            way_out="look for a normalisation that was not undone; then separate or score again",
        )


@audit("inverted_polarity", of="runs", pitfalls=("P26",))
def inverted_polarity(runs: Runs) -> Iterator[Finding]:
    """Which estimates are the reference upside down?"""
    for run in runs.runs:
        found = [one for one in _stems(run) if one.gain < 0]
        if not found:
            continue
        effect = undone(run, _scaling(found))
        stems = sorted({one.stem for one in found})
        yield Finding(
            audit="inverted_polarity",
            severity="error" if effect.size >= _TELLING_DB else "warning",
            subject=run.manifest.label,
            where=", ".join(stems),
            message=(
                f"{several(len(found), 'estimates have')} "
                f"inverted polarity ({', '.join(stems)}). SI-SDR is "
                f"blind to the sign, SDR is not; with it undone {effect.words}. The SDR of "
                f"{found[0].stem} over {found[0].track} alone would be {found[0].undone:.1f} "
                f"instead of {found[0].sdr:.1f} dB."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=_evidence(found, effect),
            way_out="multiply these estimates by -1, and find where the sign was lost",
        )


def _stems(run: Run) -> Iterator[_Stem]:
    """Yield the gain of every estimate that is mostly its reference."""
    for track in whole_tracks(run):
        for place, stem in enumerate(track.stems):
            found = _stem(track, place, stem)
            if found is not None and found.share > _HEARD:
                yield found


def _stem(track: Whole, place: int, stem: str) -> _Stem | None:
    statistics = track.statistics
    rows = slice(0, statistics.channels)
    reference = float(statistics.reference[0, rows, place].sum())
    estimate = float(statistics.estimate[0, rows, place].sum())
    if reference <= 0 or estimate <= 0:
        return None
    cross = float(statistics.cross[0, rows, 0, place].sum())
    gain = cross / reference
    apart = statistics.cross[0, rows, 0, place] / np.maximum(
        statistics.reference[0, rows, place], 1e-300
    )
    rest = float(statistics.residual[0, rows, 0, place].sum())
    rest += float(((apart - gain) ** 2 * statistics.reference[0, rows, place]).sum())
    sdr = _decibels(reference, rest + (gain - 1.0) ** 2 * reference)
    better = _decibels(reference, rest / gain**2) if gain else sdr
    share = cross**2 / reference / estimate
    leans = leaning(track, place) is not None
    return _Stem(track.track, track.replicate, stem, place, gain, share, sdr, better, leans)


def _off_db(one: _Stem) -> float:
    """Return by how many dB a gain lies outside what the smallest error asks for."""
    level = 20.0 * float(np.log10(one.gain))
    least = 20.0 * float(np.log10(one.share))  # s / (1 + s) is the share of r in e
    return max(level, least - level, 0.0)


def _scaling(found: list[_Stem]) -> Change:
    gains: dict[tuple[str, int], dict[str, float]] = {}
    for one in found:
        gains.setdefault((one.track, one.replicate), {})[one.stem] = 1.0 / one.gain

    def change(held: Held) -> TrackStatistics | None:
        own = gains.get((held.track, held.replicate))
        if own is None or held.statistics is None:
            return None
        scale: Array = np.array([own.get(stem, 1.0) for stem in held.statistics.stems])
        return replace(held.statistics, cells=with_gains(held.statistics.cells, scale))

    return change


def _evidence(found: list[_Stem], effect: Effect) -> tuple[Mapping[str, Plain], ...]:
    rows: list[Mapping[str, Plain]] = [
        {
            "track": one.track,
            "stem": one.stem,
            "gain": one.gain,
            "sdr_db": one.sdr,
            "undone_db": one.undone,
        }
        for one in sorted(found, key=lambda one: one.sdr - one.undone)
    ]
    return (*rows, *effect.rows)


def _decibels(target: float, error: float) -> float:
    return 10.0 * float(np.log10(target / error)) if error > 0 else 300.0
