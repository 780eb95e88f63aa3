"""What numbers would be if windows, or stretches of a track, were left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from sepeval.audits.base.audit import Plain
from sepeval.audits.base.undoing import (
    Effect,
    moves,
    numbers_of,
    protocols_with_statistics,
    statistics_of,
    strongest,
    windows_of,
)
from sepeval.errors import StoreError
from sepeval.kernels.cells import Statistics
from sepeval.protocol import Protocol, Whole
from sepeval.scoring import TrackScores, TrackStatistics, score_track
from sepeval.store import Run
from sepeval.store.parts import data_frame
from sepeval.store.scores import Scored, score_table
from sepeval.summary import summarise_scores
from sepeval.types import BoolArray, IntArray
from sepeval.what_if import Held, held, key_of

Chosen = Callable[[Held, Statistics, IntArray], BoolArray]
"""Given a track, the statistics of its windows (or cells), and their starts and stops [window 2],
says which to leave out, [window stem]."""


def without(run: Run, chosen: Chosen) -> Effect:
    """Return how the numbers of a run move when windows are left out."""
    return strongest(
        row
        for protocol in protocols_with_statistics(run)
        for row in _without_windows(run, protocol, chosen)
    )


def without_stretches(run: Run, chosen: Chosen) -> Effect:
    """Return the same where a window that is the whole track loses the chosen cells alone.

    A protocol whose windows are whole tracks has rows only where the run holds cells inside every
    chosen track, of the same audio: the track without its only cell is no score of it.
    """
    rows: list[Mapping[str, Plain]] = []
    for protocol in protocols_with_statistics(run):
        whole = isinstance(protocol.windows, Whole)
        rows += (_without_cells if whole else _without_windows)(run, protocol, chosen)
    return strongest(rows)


def _without_windows(run: Run, protocol: Protocol, chosen: Chosen) -> Iterable[Mapping[str, Plain]]:
    before, gone = [], []
    for one in statistics_of(run, protocol):
        if one.statistics is None:
            continue
        scored = score_track(protocol, one.statistics)
        found = windows_of(protocol, one.statistics)
        if found is None:
            raise StoreError(f"{run.folder}: has no edges of cells for {protocol.id}")
        mask = chosen(one, *found)
        before.append(Scored(one.track, one.replicate, scored))
        gone.append(np.broadcast_to(mask.T, scored.values.shape).ravel())
    if not any(one.any() for one in gone):
        return ()
    frame = data_frame(score_table(protocol, before))
    kept = summarise_scores(frame[~np.concatenate(gone)], protocol, system="")
    return moves(summarise_scores(frame, protocol, system=""), kept, protocol)


def _without_cells(run: Run, protocol: Protocol, chosen: Chosen) -> Iterable[Mapping[str, Plain]]:
    before, after = [], []
    touched = False
    for one in held(key_of(run, protocol)._replace(joined=False)):
        track = one.statistics
        if track is None or len(track.edges) < 2:
            continue
        scored = score_track(protocol, track)
        mask = chosen(one, track.cells, np.stack([track.edges[:-1], track.edges[1:]], axis=1))
        if mask.all(axis=0).any():  # nothing is left to score: the size is not known
            return ()
        touched |= bool(mask.any())
        before.append(Scored(one.track, one.replicate, scored))
        after.append(Scored(one.track, one.replicate, _scored_without(protocol, track, mask)))
    if not touched:
        return ()
    return moves(numbers_of(protocol, before), numbers_of(protocol, after), protocol)


def _scored_without(protocol: Protocol, track: TrackStatistics, mask: BoolArray) -> TrackScores:
    """Return the scores of a track, each stem without its cells in the mask [cell stem]."""
    scored = score_track(protocol, track)
    values, statuses = scored.values.copy(), scored.statuses.copy()
    lengths = np.diff(track.edges)
    for stem in np.flatnonzero(mask.any(axis=0)):
        kept = ~mask[:, stem]
        cells = track.cells
        rest = Statistics(cells.gram[kept], cells.residual[kept], cells.stems)
        edges = np.concatenate([[0], np.cumsum(lengths[kept])])
        own = score_track(protocol, replace(track, cells=rest, edges=edges))
        values[:, stem], statuses[:, stem] = own.values[:, stem], own.statuses[:, stem]
    return replace(scored, values=values, statuses=statuses)
