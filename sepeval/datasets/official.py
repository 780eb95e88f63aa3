"""Which track belongs to which split, by the lists that the datasets' authors published.

Slakh2100 [1] has three editions. `orig` is the first release, with pieces whose MIDI file is in two
splits under two numbers. `split2` moves tracks until no MIDI file is in two splits. `redux` leaves
out tracks of `orig` until every MIDI file is there once.

MUSDB18 and MUSDB18-HQ [2] have the folders `train` and `test`. The 14 validation tracks are named
in the authors' loader and lie in `train`.

References:
    [1] Manilow, Wichern, Seetharaman, Le Roux. "Cutting music source separation some Slakh",
        WASPAA, 2019. Lists: github.com/ethman/slakh-utils, folder `splits`.
    [2] Rafii, Liutkus, Stöter, Mimilakis, Bittner. "MUSDB18-HQ", Zenodo 3338373, 2019.
        Validation tracks: github.com/sigsep/sigsep-mus-db, `musdb/configs/mus.yaml`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, TypedDict

SlakhEdition: TypeAlias = Literal["orig", "split2", "redux"]

MUSDB18_VALIDATION = (
    "ANiMAL - Rockshow",
    "Actions - One Minute Smile",
    "Alexander Ross - Goodbye Bolero",
    "Clara Berry And Wooldog - Waltz For My Victims",
    "Fergessen - Nos Palpitants",
    "James May - On The Line",
    "Johnny Lokke - Promises & Lies",
    "Leaf - Summerghost",
    "Meaxic - Take A Step",
    "Patrick Talbot - A Reason To Leave",
    "Skelpolu - Human Mistakes",
    "Traffic Experiment - Sirens",
    "Triviul - Angelsaint",
    "Young Griffo - Pennies",
)


class FolderSplit(NamedTuple):
    """A split of MUSDB18: the folder that it lies in, and how many tracks it has."""

    folder: str
    expected: int


MUSDB18: Mapping[str, FolderSplit] = MappingProxyType(
    {
        "train": FolderSplit("train", 100),
        "test": FolderSplit("test", 50),
        "validation": FolderSplit("train", 14),
        "train-without-validation": FolderSplit("train", 86),
    }
)


def in_musdb18(name: str, split: str) -> bool:
    """Return whether a track that lies in the split's folder belongs to the split."""
    if split == "validation":
        return name in MUSDB18_VALIDATION
    return split != "train-without-validation" or name not in MUSDB18_VALIDATION


@functools.cache
def slakh2100(edition: SlakhEdition) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of the tracks of `train`, `validation` and `test`, sorted."""
    document = _slakh_document()
    members = {
        split: set(range(first, last + 1)) for split, (first, last) in document["orig"].items()
    }
    if edition == "split2":
        for journey, numbers in document["split2_moves"].items():
            source, destination = journey.split(" to ")
            members[source] -= set(numbers)
            members[destination] |= set(numbers)
    if edition == "redux":
        members = {split: ids - set(document["redux_omits"]) for split, ids in members.items()}
    return MappingProxyType(
        {split: tuple(slakh2100_id(one) for one in sorted(ids)) for split, ids in members.items()}
    )


@functools.cache
def slakh2100_same_midi() -> tuple[tuple[str, ...], ...]:
    """Return the groups of tracks that are renderings of one MIDI file, each group sorted."""
    groups = _slakh_document()["same_midi"]
    return tuple(tuple(slakh2100_id(number) for number in group) for group in groups)


def slakh2100_id(number: int) -> str:
    """Return the id of a track of Slakh2100.

    Example:
        >>> slakh2100_id(7)
        'Track00007'
    """
    return f"Track{number:05d}"


class _SlakhDocument(TypedDict):
    orig: dict[str, tuple[int, int]]
    split2_moves: dict[str, list[int]]
    redux_omits: list[int]
    same_midi: list[list[int]]


def _slakh_document() -> _SlakhDocument:
    file = resources.files("sepeval.datasets").joinpath("slakh2100_splits.json")
    document: _SlakhDocument = json.loads(file.read_text(encoding="utf-8"))
    return document
