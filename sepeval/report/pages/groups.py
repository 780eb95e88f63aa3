"""Runs on the same audio, as the pages of a report know them: names, places, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sepeval.results import groups
from sepeval.results.words import plain
from sepeval.store import Run, TrackRecord
from sepeval.store.run import file_name, slug


@dataclass(frozen=True)
class Group:
    """Runs that measured the same audio.

    Attributes:
        key: name of its folders.
        name: dataset and split; with a hash where another group has the same.
        runs: in the order of appearance.
        names: of the runs, unique among them.
    """

    key: str
    name: str
    runs: tuple[Run, ...]
    names: tuple[str, ...]

    @property
    def tracks(self) -> tuple[TrackRecord, ...]:
        """The tracks that all runs have, as the first records them."""
        return tuple(self.runs[0].manifest.tracks)

    def place(self, run: Run) -> int:
        """Return the place of a run, from 0; its colour and its key follow from it."""
        return [one.folder for one in self.runs].index(run.folder)

    def page(self, track: TrackRecord) -> str:
        """Return the address of a track's page, from the report's folder."""
        return f"tracks/{self.key}/{file_name(track)}.html"

    def sound(self, track: TrackRecord) -> str:
        """Return the address of what is known of a track's audio."""
        return f"data/{self.key}/{file_name(track)}.js"


def grouped(runs: Sequence[Run]) -> tuple[Group, ...]:
    """Return the groups of runs, in the order of appearance.

    Raises:
        StoreError: there is no run.
    """
    found = [_group(own) for own in groups(runs)]
    names = [one.name for one in found]
    return tuple(
        one if names.count(one.name) == 1 else replace(one, name=f"{one.name} {one.key[-8:]}")
        for one in found
    )


def _group(runs: tuple[Run, ...]) -> Group:
    manifest = runs[0].manifest
    labels = [plain(run.manifest.label) or run.manifest.hash for run in runs]
    names = tuple(
        label if labels.count(label) == 1 else f"{label} {run.manifest.hash}"
        for label, run in zip(labels, runs, strict=True)
    )
    key = slug(f"{manifest.dataset}-{manifest.split}--{manifest.hash}")
    return Group(key, plain(f"{manifest.dataset}/{manifest.split}"), runs, names)
