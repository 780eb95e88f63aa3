"""Estimates under the name of another stem, or on the other channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.exchanged import exchanged
from sepeval.audits.base.sides import Sides, sides
from sepeval.audits.base.undoing import Whole, over_tracks, undone, whole_tracks, with_order
from sepeval.results.words import several
from sepeval.scoring import TrackStatistics
from sepeval.store import Run
from sepeval.types import IntArray
from sepeval.what_if import Held


@audit("swapped_stems", of="runs", pitfalls=("P21",))
def swapped_stems(runs: Runs) -> Iterator[Finding]:
    """Which estimates belong to the reference of another stem?"""
    for run in runs.runs:
        orders = exchanged(run)
        if orders:
            yield _swapped(run, orders)


def _swapped(run: Run, orders: Mapping[tuple[str, int], Mapping[str, str]]) -> Finding:
    def change(held: Held) -> TrackStatistics | None:
        moved = orders.get((held.track, held.replicate))
        if moved is None or held.statistics is None:
            return None
        names = list(held.statistics.stems)
        if not {*moved, *moved.values()} <= set(names):
            return None
        order: IntArray = np.array([names.index(moved.get(name, name)) for name in names])
        return replace(held.statistics, cells=with_order(held.statistics.cells, order))

    effect = undone(run, change)
    rows: list[Mapping[str, Plain]] = [
        {"track": track, "stem": stem, "holds": other}
        for (track, _), moved in orders.items()
        for stem, other in moved.items()
    ]
    stems = sorted({str(row["stem"]) for row in rows})
    tracks = len({track for track, _ in orders})
    return Finding(
        audit="swapped_stems",
        severity="error",
        subject=run.manifest.label,
        where=", ".join(stems),
        message=(
            f"In {tracks} of {len(run.manifest.tracks)} tracks estimates lie under the name of "
            f"another stem ({', '.join(stems)}). Under their own names {effect.words}."
        ),
        effect_db=effect.size,
        value=effect.value,
        value_by_better_rule=effect.undone,
        evidence=(*rows, *effect.rows),
        way_out="rename the files, or give the stems in the order in which the separator has them",
    )


@audit("swapped_channels", of="runs", pitfalls=("P23",))
def swapped_channels(runs: Runs) -> Iterator[Finding]:
    """Which estimates have left and right exchanged?

    The effect is on the mean over tracks of the SDR of whole tracks.
    """
    for run in runs.runs:
        pairs = [one for track in whole_tracks(run) for one in _pairs(track)]
        found = [one for one in pairs if one.sides.exchanged]
        if not found:
            continue
        worst = max(found, key=lambda one: one.sides.across - one.sides.sdr)
        effect = over_tracks(
            (one.stem, one.sides.sdr, one.sides[one.sides.exchanged]) for one in pairs
        )
        yield Finding(
            audit="swapped_channels",
            severity="error",
            subject=run.manifest.label,
            where=", ".join(sorted({one.stem for one in found})),
            message=(
                f"{several(len(found), 'estimates fit')} "
                "their reference better with left and right exchanged. "
                f"The SDR of {worst.stem} of {worst.track} would be {worst.sides.across:.1f} "
                f"instead of {worst.sides.sdr:.1f} dB; the mean over all tracks of the stem that "
                f"gains most would be {effect.undone:.1f} instead of {effect.value:.1f} dB."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=tuple(
                {
                    "track": one.track,
                    "stem": one.stem,
                    "sdr_db": one.sides.sdr,
                    "undone_db": one.sides.across,
                }
                for one in found
            ),
            way_out="exchange the channels of these estimates, and find where they were exchanged",
        )


class _Pair(NamedTuple):
    track: str
    stem: str
    sides: Sides


def _pairs(track: Whole) -> Iterator[_Pair]:
    for place, stem in enumerate(track.stems):
        found = sides(track, place)
        if found is not None:
            yield _Pair(track.track, stem, found)
