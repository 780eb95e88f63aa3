"""Estimates that break off, or jump where chunks were joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.exchanged import exchanged
from sepeval.audits.base.heard import heard_tracks
from sepeval.audits.base.leaving_out import Chosen, without_stretches
from sepeval.audits.base.undoing import NOTHING
from sepeval.kernels.cells import Statistics
from sepeval.store import Run
from sepeval.types import BoolArray, IntArray
from sepeval.what_if import Held

_HOLE_S = 0.1
_ALL = 0.99  # of what the reference plays
_FEWEST, _SHARE, _NEAR = 5, 0.6, 2  # holes that come at equal distances; of them; in samples


@audit("holes", of="runs", pitfalls=("P2", "P11"))
def holes(runs: Runs) -> Iterator[Finding]:
    """Where do estimates break off while the reference plays?

    The effect is that of leaving out the windows with holes. Where the whole track is a window, its
    cells with holes are left out; where it is one cell, the effect is not known.
    """
    for run in runs.runs:
        found = _holes(run)
        if not found:
            continue
        rows = sorted((one.row for one in found), key=lambda row: -float(str(row["zero_s"])))
        whole = sum(one.samples > _ALL * one.played for one in found)
        regular = [one.period for one in found if one.period]
        told = f" ({whole} of them from start to end)" if whole else ""
        placed = all((one.edges >= 0).all() for one in found)
        effect = without_stretches(run, _touched(found)) if placed else NOTHING
        known = placed and effect.size > 0  # a gate may leave no window untouched
        yield Finding(
            audit="holes",
            severity="warning",
            subject=run.manifest.label,
            message=(
                f"{len(found)} estimates{told} are exactly zero while the reference is above -60 "
                f"dBFS, for {sum(float(str(row['zero_s'])) for row in rows):.1f} s in all: chunks "
                "or stems that were not separated, or a gate. The longest are "
                f"{rows[0]['zero_s']:.1f} s, in {rows[0]['stem']} of {rows[0]['track']}."
                + _joints(regular)
                + (f" Without the stretches that this touches {effect.words}." if known else "")
            ),
            effect_db=effect.size if known else None,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=(*rows, *effect.rows),
            way_out="see whether a chunk is missing, or whether the separator closes a gate",
        )


class _Hole(NamedTuple):
    """Stretches [hole 2] of one estimate, in samples, and for how many its reference plays."""

    track: str
    replicate: int
    stem: str
    edges: IntArray
    played: int
    rate: int

    @property
    def samples(self) -> int:
        return int(np.diff(self.edges).sum())

    @property
    def period(self) -> int:
        """The distance of holes that come at equal ones, in samples; 0 where they do not."""
        apart = np.diff(self.edges[:, 0])
        if len(apart) < _FEWEST:
            return 0
        middle = int(np.median(apart))
        return middle if np.mean(np.abs(apart - middle) <= _NEAR) >= _SHARE else 0

    @property
    def row(self) -> Mapping[str, Plain]:
        begin = int(self.edges[0, 0])
        return {
            "track": self.track,
            "stem": self.stem,
            "zero_s": self.samples / self.rate,
            "holes": len(self.edges),
            "first_at_s": begin / self.rate if begin >= 0 else None,
            "played_s": self.played / self.rate,
        }


def _joints(periods: Sequence[int]) -> str:
    if not periods:
        return ""
    return (
        f" In {len(periods)} estimates they come at equal distances, such as every {periods[0]} "
        "samples, as bad joints of chunks do."
    )


def _holes(run: Run) -> list[_Hole]:
    """Return the estimates with holes, but for those that lie under the name of another stem."""
    orders = exchanged(run)
    found = []
    for one in heard_tracks(run):
        moved = orders.get((one.track, one.replicate), {})
        for stem, edges, played in zip(one.stems, one.facts.holes, one.facts.played, strict=True):
            hole = _Hole(one.track, one.replicate, stem, edges, int(played), one.facts.rate)
            long = hole.samples > _HOLE_S * hole.rate or hole.period > 0
            if stem not in moved and long:
                found.append(hole)
    return found


def _touched(found: Sequence[_Hole]) -> Chosen:
    """Return what says which windows hold a part of a hole that is long enough to matter."""
    holes = {(one.track, one.replicate, one.stem): one.edges for one in found}

    def chosen(held: Held, windows: Statistics, cut: IntArray) -> BoolArray:  # noqa: ARG001
        hit = np.zeros(
            (len(cut), 0 if held.statistics is None else len(held.statistics.stems)), bool
        )
        for place, stem in enumerate(held.statistics.stems if held.statistics else ()):
            edges = holes.get((held.track, held.replicate, stem))
            if edges is not None:
                inside = (cut[:, :1] < edges[:, 1]) & (cut[:, 1:] > edges[:, 0])
                hit[:, place] = inside.any(axis=1)
        return hit

    return chosen


@audit("chunk_seams", of="runs", pitfalls=("P18",))
def chunk_seams(runs: Runs) -> Iterator[Finding]:
    """Do estimates jump at equal distances, where chunks were joined?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = [
            {
                "track": one.track,
                "stem": stem,
                "period": seams.period,
                "period_s": seams.period / one.facts.rate,
                "jumps": seams.found,
                "seams": seams.possible,
                "jump_db": seams.size_db,
            }
            for one in heard_tracks(run)
            for stem, seams in zip(one.stems, one.facts.seams, strict=True)
            if seams is not None
        ]
        rows.sort(key=lambda row: -float(str(row["jump_db"])))
        if rows:
            periods = sorted({int(str(row["period"])) for row in rows})
            yield Finding(
                audit="chunk_seams",
                severity="warning",
                subject=run.manifest.label,
                where=", ".join(f"every {period} samples" for period in periods[:3]),
                message=(
                    f"{len(rows)} estimates jump at the multiples of {periods[0]} samples: chunks "
                    "were separated apart and joined without a cross-fade. Protocols whose windows "
                    "lie inside such chunks never score the joins; by how much a score would rise "
                    "without them is not known."
                ),
                evidence=tuple(rows),
                way_out="overlap the chunks, and cut windows from whole tracks",
            )


@audit("no_signal_facts", of="runs")
def no_signal_facts(runs: Runs) -> Iterator[Finding]:
    """Which runs were made without what some audits ask for?"""
    without = [
        run
        for run in runs.runs
        if not run.manifest.layouts or next(heard_tracks(run), None) is None
    ]
    if without:
        yield Finding(
            audit="no_signal_facts",
            severity="note",
            subject=runs.name,
            message=(
                f"{len(without)} of {len(runs.runs)} runs hold no facts of their signals, so "
                "nothing can be said of delay, clipping, rounding, short holes and seams between "
                "chunks."
            ),
            evidence=tuple({"run": run.manifest.label} for run in without),
            way_out="evaluate the audio anew, into another folder (sepeval run -o)",
        )
