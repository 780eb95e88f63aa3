"""Tracks whose mixture is the reference of one stem, so that nothing is to be separated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sepeval.audits.base.undoing import whole_tracks
from sepeval.protocol import Protocol
from sepeval.store import Run

_EQUAL = 1e-11  # of the energy: -110 dB, below what 16-bit audio rounds away


class Unmixed(NamedTuple):
    """A track and the stem that its mixture is."""

    track: str
    stem: str


def unmixed(run: Run) -> Iterator[Unmixed]:
    """Yield the tracks of a run whose mixture is a reference, or a multiple of it."""
    for track in whole_tracks(run):
        if track.replicate:
            continue
        statistics, count = track.statistics, len(track.stems)
        rows = slice(0, statistics.channels)
        mixture = float(statistics.gram[0, rows, 2 * count, 2 * count].sum())
        for place, stem in enumerate(track.stems):
            rest = float(statistics.residual[0, rows, 1, place].sum())
            if statistics.reference[0, rows, place].any() and rest <= _EQUAL * mixture:
                yield Unmixed(track.track, stem)


def always_infinite(protocol: Protocol) -> frozenset[str]:
    """Return the scores of a single stem that ask for what other references leave in it: SIR."""
    if len(protocol.stems) > 1:
        return frozenset()
    return frozenset(
        entry.name
        for entry in protocol.metrics
        if entry.metric == "si_sir" or entry.parameters.get("output") == "sir"
    )
