"""Estimates that are something else: the mixture, the reference, or each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.leaving_out import Chosen, without
from sepeval.audits.base.undoing import (
    Whole,
    protocols_with_statistics,
    statistics_of,
    whole_tracks,
)
from sepeval.fingerprint import of_document
from sepeval.kernels.cells import Statistics
from sepeval.store import Run
from sepeval.types import BoolArray, IntArray
from sepeval.what_if import Held

_UNKNOWN = "By how much a score would move without them is not known"
_EQUAL = 1e-11  # of the energy: -110 dB, above what inner products lose to rounding


class _Kind(NamedTuple):
    severity: str
    words: str
    way_out: str


_KINDS = {
    "mixture": _Kind(
        "warning",
        "are the mixture times a constant. Nothing was separated there",
        "check that the separator has run; keep the mixture as a baseline under its own name",
    ),
    "reference": _Kind(
        "error",
        "are their reference. No separator hears it",
        "check the folder of estimates; keep references as an upper bound under their own name",
    ),
    "each other": _Kind(
        "error",
        "are equal to the estimate of another stem, or a multiple of it",
        "check the names of the files that the separator has written",
    ),
}


@audit("copied_estimates", of="runs", pitfalls=("P3", "P40"))
def copied_estimates(runs: Runs) -> Iterator[Finding]:
    """Which estimates are the mixture, the reference, or each other?"""
    for run in runs.runs:
        rows = [row for track in whole_tracks(run) for row in _copies(track)]
        for name, kind in _KINDS.items():
            own = [row for row in rows if row["is"] == name]
            if own:
                estimates = sum(len(track.stems) for track in whole_tracks(run))
                effect = without(run, _of(own))
                known = effect.size > 0  # a number may have lost all of its windows
                told = f"Without them {effect.words}" if known else _UNKNOWN
                yield Finding(
                    audit="copied_estimates",
                    severity="error" if kind.severity == "error" else "warning",
                    subject=run.manifest.label,
                    where=name,
                    message=f"{len(own)} of {estimates} estimates {kind.words}. {told}.",
                    effect_db=effect.size if known else None,
                    value=effect.value,
                    value_by_better_rule=effect.undone,
                    evidence=(*(_shown(row) for row in own), *effect.rows),
                    way_out=kind.way_out,
                )


def _of(rows: list[Mapping[str, Plain]]) -> Chosen:
    """Return what says that all windows of copied estimates are left out."""
    copied = {
        (row["track"], row["replicate"], stem)
        for row in rows
        for stem in str(row["stem"]).split(" and ")
    }

    def chosen(held: Held, windows: Statistics, cut: IntArray) -> BoolArray:  # noqa: ARG001
        stems = held.statistics.stems if held.statistics else ()
        own = [(held.track, held.replicate, stem) in copied for stem in stems]
        return np.tile(np.array(own, np.bool_), (len(cut), 1))

    return chosen


def _shown(row: Mapping[str, Plain]) -> Mapping[str, Plain]:
    return {key: row[key] for key in ("track", "stem", "is")}


def _copies(track: Whole) -> Iterator[Mapping[str, Plain]]:
    draw: Mapping[str, Plain] = {"track": track.track, "replicate": track.replicate}
    stems = len(track.stems)
    gram = track.statistics.gram[0, : track.statistics.channels].sum(axis=0)
    for place, stem in enumerate(track.stems):
        estimate = stems + place
        kind = ""
        if _is_multiple(gram, estimate, place) and gram[place, estimate] > 0:
            kind = "reference"
        elif gram[place, place] > 0 and _is_multiple(gram, estimate, 2 * stems):
            kind = "mixture"
        if kind:
            yield {**draw, "stem": stem, "is": kind}
    for one, two in combinations(range(stems), 2):
        both = (stems + one, stems + two)
        if _is_multiple(gram, *both) and not _is_multiple(gram, both[0], 2 * stems):
            names = f"{track.stems[one]} and {track.stems[two]}"
            yield {**draw, "stem": names, "is": "each other"}


def _is_multiple(gram: np.ndarray, one: int, two: int) -> bool:
    """Return whether two signals are equal up to a constant: ⟨x, y⟩² = ‖x‖² ‖y‖²."""
    norms = [float(np.sqrt(gram[place, place])) for place in (one, two)]
    if not all(0.0 < norm < np.inf for norm in norms):
        return False
    return 1.0 - (float(gram[one, two]) / norms[0] / norms[1]) ** 2 <= _EQUAL


@audit("same_estimates", of="runs", pitfalls=("P40",))
def same_estimates(runs: Runs) -> Iterator[Finding]:
    """Which runs hold the same estimates under two names?"""
    known: dict[str, list[Run]] = {}
    for run in runs.runs:
        print_ = _print(run)
        if print_:
            known.setdefault(print_, []).append(run)
    for alike in known.values():
        folders = {run.folder for run in alike}
        if len(folders) > 1:
            labels = [run.manifest.label for run in alike]
            yield Finding(
                audit="same_estimates",
                severity="warning",
                subject=", ".join(labels),
                message=(
                    f"{len(alike)} runs hold the same estimates to the last bit. If they are "
                    "two systems, one of them was scored on the files of the other."
                ),
                evidence=tuple(
                    {"run": run.folder.name, "label": run.manifest.label} for run in alike
                ),
                way_out="look for a folder or a cache that was used twice; keep one of the runs",
            )


def _print(run: Run) -> str:
    """Return a digest of the energies of all estimates, cell by cell; empty without statistics."""
    for protocol in protocols_with_statistics(run)[:1]:
        energies = [
            [one.track, one.statistics.cells.estimate.sum(axis=0).tolist()]
            for one in statistics_of(run, protocol)
            if one.statistics is not None and len(one.statistics.edges) > 1
        ]
        if energies:
            return of_document([run.manifest.identity.get("content"), energies])
    return ""
