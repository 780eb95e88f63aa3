"""What stands in one table: runs that measured the same audio, under one protocol."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sepeval.errors import StoreError
from sepeval.fingerprint import of_document
from sepeval.metrics.base import METRICS, EnergyMetric, build
from sepeval.protocol import Protocol
from sepeval.store import Run
from sepeval.summary import score_frame
from sepeval.what_if.answers import Comparison, Numbers, compare
from sepeval.what_if.systems import Key, key_of


@dataclass(frozen=True)
class Board:
    """The systems of one table.

    Attributes:
        protocol: all of it.
        runs: one per system.
        names: of the systems, unique.
    """

    protocol: Protocol
    runs: tuple[Run, ...]
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        """Protocol and data, as the place of a finding."""
        manifest = self.runs[0].manifest
        return f"{self.protocol.id} on {manifest.dataset}/{manifest.split}"

    @property
    def keys(self) -> tuple[Key, ...] | None:
        """The statistics of all systems; None where one holds none, as one that was imported."""
        try:
            return tuple(key_of(run, self.protocol) for run in self.runs)
        except StoreError:
            return None

    @property
    def higher_is_better(self) -> Mapping[str, bool]:
        """The direction of every metric, by name."""
        kinds = {entry.name: METRICS.get(entry.metric) for entry in self.protocol.metrics}
        return {name: kind.higher_is_better for name, kind in kinds.items()}

    @property
    def in_db(self) -> frozenset[str]:
        """The metrics whose unit is dB."""
        kinds = {entry.name: METRICS.get(entry.metric) for entry in self.protocol.metrics}
        return frozenset(name for name, kind in kinds.items() if kind.unit == "dB")

    def compare(self, before: Numbers, after: Numbers) -> Comparison:
        """Return how two tables of these systems differ."""
        return compare(before, after, higher_is_better=self.higher_is_better, in_db=self.in_db)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the stored scores of every system, by name.

        Raises:
            StoreError: they are missing or damaged.
        """
        return {
            name: score_frame(run, self.protocol, beside=self.runs)
            for name, run in zip(self.names, self.runs, strict=True)
        }


def boards(runs: Sequence[Run]) -> Iterator[Board]:
    """Yield the tables that runs make: one for each protocol and each set of tracks and audio."""
    found: dict[tuple[str, str, str], list[Run]] = {}
    for run in runs:
        for name in run.manifest.protocols:
            key = (name, run.protocol(name).hash, data_of(run))
            if not any(other.folder == run.folder for other in found.get(key, [])):
                found.setdefault(key, []).append(run)
    for (name, _, _), own in found.items():
        yield Board(own[0].protocol(name), tuple(own), names(own))


def names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the labels of runs, with the run's hash or its place where two are alike."""
    labels = [run.manifest.label for run in runs]
    longer = [
        label if labels.count(label) == 1 else f"{label} {run.manifest.hash}"
        for label, run in zip(labels, runs, strict=True)
    ]
    return tuple(
        name if longer.count(name) == 1 else f"{name} ({place + 1})"
        for place, name in enumerate(longer)
    )


def data_of(run: Run) -> str:
    """Return what tells the audio that a run measured from any other."""
    told = ("dataset", "split", "choices", "tracks", "content")
    return of_document([run.manifest.identity.get(one) for one in told])


def energy_part(protocol: Protocol) -> Protocol | None:
    """Return a protocol without the metrics that are no function of stored inner products.

    Returns:
        None where nothing is left.
    """
    energy = {one.name for one in protocol.metrics if isinstance(build(one), EnergyMetric)}
    return part(protocol, energy)


def part(protocol: Protocol, metrics: Collection[str]) -> Protocol | None:
    """Return a protocol with some of its metrics, by name; None where nothing is left."""
    kept = [entry for entry in protocol.metrics if entry.name in metrics]
    left = [entry.name for entry in kept]
    summaries = [
        one.model_copy(update={"metrics": [name for name in one.metrics if name in left]})
        for one in protocol.summaries
        if set(one.metrics) & set(left)
    ]
    if not kept or not summaries:
        return None
    return protocol.model_copy(update={"metrics": kept, "summaries": summaries})
