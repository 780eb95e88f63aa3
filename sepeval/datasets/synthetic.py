"""The built-in dataset: generated music, written in a real layout and read by its adapter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval.datasets.base import DATASETS, Dataset, unknown_split
from sepeval.errors import DataError
from sepeval.registry import nearest
from sepeval.synthetic import (
    Pathology,
    Placement,
    write_musdb18hq,
    write_slakh2100,
    write_slakh2100_22050,
)
from sepeval.types import Index

_WRITERS = {
    "slakh2100": write_slakh2100,
    "slakh2100_22050": write_slakh2100_22050,
    "musdb18hq": write_musdb18hq,
}
_CHOICES = {
    "slakh2100": {"grouping": "program", "edition": "orig"},
    "slakh2100_22050": {"edition": "orig"},
    "musdb18hq": {},
}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@DATASETS.add("synthetic")
class Synthetic(Dataset):
    """Music made from a seed; nobody's recording, so it can be passed on.

    Attributes:
        root: where the files are written; a dataset of the same settings is not written again.
        layout: the dataset whose folders and files are imitated, and whose adapter reads them.
        tracks: how many tracks.
        seconds: length of the tracks, about.
        seed: of the music.
        faults: what is wrong on purpose, each as `pathology:track:stem`, such as
            `missing:1:guitar`; tracks are counted from 0, and `mixture` is a stem here.
    """

    summary: ClassVar[str] = "generated music in the layout of slakh2100 or musdb18hq"

    root: Path
    layout: Literal["slakh2100", "slakh2100_22050", "musdb18hq"]
    tracks: int
    seconds: float
    seed: int
    faults: tuple[str, ...] = ()

    @property
    def stems(self) -> tuple[str, ...]:  # type: ignore[override]  # they follow from the layout
        """The stems of the imitated dataset."""
        return DATASETS.get(self.layout).stems

    def splits(self) -> tuple[str, ...]:
        """See `Dataset.splits`."""
        return ("test",)

    def index(self, split: str) -> Index:
        """See `Dataset.index`; the files are written first, if they are not there."""
        if split not in self.splits():
            raise unknown_split("synthetic", split, self.splits())
        write = _WRITERS[self.layout]
        write(
            self.root,
            tracks=self.tracks,
            seconds=self.seconds,
            seed=self.seed,
            split=split,
            pathologies=tuple(_placement(fault) for fault in self.faults),
        )
        adapter = DATASETS.get(self.layout)(root=self.root, **_CHOICES[self.layout])  # type: ignore[call-arg]  # fields of the adapter
        index = adapter.index(split)
        settings = {
            "layout": self.layout,
            "count": str(self.tracks),
            "seconds": str(self.seconds),
            "seed": str(self.seed),
            "faults": ",".join(self.faults),
        }
        choices = {**index.choices, **settings}
        return replace(index, dataset="synthetic", choices=choices, expected=self.tracks)


def _placement(fault: str) -> Placement:
    words = fault.split(":")
    if len(words) != 3 or not words[1].isdigit():
        raise DataError(f"faults are written pathology:track:stem; found {fault!r}")
    if words[0] not in set(Pathology):
        raise DataError(f"no pathology is named {words[0]!r}; {nearest(words[0], set(Pathology))}")
    return Placement(Pathology(words[0]), int(words[1]), words[2])
