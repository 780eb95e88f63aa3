"""The signal facts that runs hold, track by track."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sepeval.kernels.signal_facts import SignalFacts
from sepeval.store import Run
from sepeval.store.signals import path_of, read_signals


class Heard(NamedTuple):
    """Signal facts of one estimate of one track.

    Attributes:
        track: its id.
        replicate: which draw.
        stems: names of the stems.
        facts: of its signals.
    """

    track: str
    replicate: int
    stems: tuple[str, ...]
    facts: SignalFacts


def heard_tracks(run: Run) -> Iterator[Heard]:
    """Yield the facts of every track, of the last layout of the run that has them.

    Raises:
        StoreError: a file is damaged.
    """
    for layout in reversed(run.manifest.layouts):
        paths = [(record, path_of(run, layout.key, record)) for record in run.manifest.tracks]
        there = [(record, path) for record, path in paths if path.exists()]
        for record, path in there:
            stored = read_signals(path, read=run.read_table)
            for replicate, facts in enumerate(stored.replicates):
                yield Heard(record.id, replicate, stored.stems, facts)
        if there:
            return
