"""Estimates under the name of another stem, or on the other channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.undoing import Whole, undone, whole_tracks, with_order
from sepeval.scoring import TrackStatistics
from sepeval.store import Run
from sepeval.types import Array, IntArray
from sepeval.what_if import Held

_BETTER = 0.3  # by which the share of the right reference must rise, on each stem that moves
_STAYS = 1e-6  # in favour of an estimate's own name, where nothing else decides
_TELLING_DB = 3.0  # by which swapping channels must raise the SDR


@audit("swapped_stems", of="runs", pitfalls=("P21",))
def swapped_stems(runs: Runs) -> Iterator[Finding]:
    """Which estimates belong to the reference of another stem?"""
    for run in runs.runs:
        orders: dict[tuple[str, int], dict[str, str]] = {}
        for track in whole_tracks(run):
            order = _order(_shares(track.statistics.gram, track))
            moved = {
                track.stems[place]: track.stems[int(other)]
                for place, other in enumerate(order)
                if place != other
            }
            if moved:
                orders[track.track, track.replicate] = moved
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
        better=effect.better,
        evidence=(*rows, *effect.rows),
        way_out="rename the files, or give the stems in the order in which the separator has them",
    )


def _shares(gram: Array, track: Whole) -> Array:
    """Return [reference estimate], the share of each estimate that lies along each reference."""
    stems, rows = len(track.stems), slice(0, track.statistics.channels)
    own = gram[0, rows].sum(axis=0)
    cross = own[:stems, stems : 2 * stems]
    energy = np.diagonal(own)
    scale = energy[:stems, None] * energy[None, stems : 2 * stems]
    found: Array = np.divide(cross**2, scale, out=np.zeros_like(cross), where=scale > 0)
    return found


def _order(shares: Array) -> IntArray:
    """Return which estimate each reference should have; its own unless another is far better."""
    from scipy.optimize import linear_sum_assignment

    _, best = linear_sum_assignment(-shares - _STAYS * np.eye(len(shares)))
    own = np.arange(len(shares))
    rise = shares[own, best] - np.diagonal(shares)
    moved = (best != own) & shares.any(axis=1)  # a silent reference has no estimate of its own
    is_sure = moved.any() and bool((rise[moved] > _BETTER).all())
    return np.asarray(best if is_sure else own, dtype=np.int64)


@audit("swapped_channels", of="runs", pitfalls=("P23",))
def swapped_channels(runs: Runs) -> Iterator[Finding]:
    """Which estimates have left and right exchanged?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        for track in whole_tracks(run):
            if track.statistics.channels == 2:
                rows += _exchanged(track)
        if not rows:
            continue
        worst = max(rows, key=lambda row: float(str(row["undone_db"])) - float(str(row["sdr_db"])))
        value, better = float(str(worst["sdr_db"])), float(str(worst["undone_db"]))
        yield Finding(
            audit="swapped_channels",
            severity="error",
            subject=run.manifest.label,
            where=", ".join(sorted({str(row["stem"]) for row in rows})),
            message=(
                f"{len(rows)} estimates fit their reference better with left and right exchanged. "
                f"The SDR of {worst['stem']} of {worst['track']} would be {better:.1f} instead of "
                f"{value:.1f} dB."
            ),
            effect_db=better - value,
            value=value,
            better=better,
            evidence=tuple(rows),
            way_out="exchange the channels of these estimates, and find where they were exchanged",
        )


def _exchanged(track: Whole) -> Iterator[Mapping[str, Plain]]:
    """Yield the stems whose SDR over the track rises when the channels are exchanged.

    The products across channels are not stored, but their sum is: the row of the summed channels
    holds ⟨l + r, l' + r'⟩, from which those of equal channels are taken away.
    """
    statistics = track.statistics
    for place, stem in enumerate(track.stems):
        reference = float(statistics.reference[0, :2, place].sum())
        estimate = float(statistics.estimate[0, :2, place].sum())
        if reference <= 0 or estimate <= 0:
            continue
        cross = statistics.cross[0, :, 0, place]
        straight, across = float(cross[:2].sum()), float(cross[2] - cross[:2].sum())
        sdr, other = (
            -10.0 * float(np.log10(max(1e-12, (reference + estimate - 2 * along) / reference)))
            for along in (straight, across)
        )
        if other - sdr > _TELLING_DB and other > 0:
            yield {"track": track.track, "stem": stem, "sdr_db": sdr, "undone_db": other}
