"""The official lists are complete, and their overlaps are those that the authors describe."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sepeval.datasets.official import (
    MUSDB18,
    MUSDB18_VALIDATION,
    SlakhEdition,
    in_musdb18,
    slakh2100,
    slakh2100_id,
    slakh2100_same_midi,
)

DATA = Path(os.environ.get("SEPEVAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
EDITIONS: dict[SlakhEdition, tuple[int, int, int]] = {
    "orig": (1500, 375, 225),
    "split2": (1500, 375, 225),
    "redux": (1289, 270, 151),
}


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_slakh_edition_has_the_published_counts(edition: SlakhEdition) -> None:
    splits = slakh2100(edition)

    assert tuple(splits) == ("train", "validation", "test")
    assert tuple(len(ids) for ids in splits.values()) == EDITIONS[edition]
    for ids in splits.values():
        assert list(ids) == sorted(set(ids))


def test_no_slakh_track_is_in_two_splits() -> None:
    for edition in EDITIONS:
        ids = [one for split in slakh2100(edition).values() for one in split]

        assert len(set(ids)) == len(ids)
        assert set(ids) <= {slakh2100_id(number) for number in range(1, 2101)}


def test_orig_goes_by_number() -> None:
    splits = slakh2100("orig")

    assert splits["train"][-1] == "Track01500"
    assert splits["validation"][::374] == ("Track01501", "Track01875")
    assert splits["test"][::224] == ("Track01876", "Track02100")


def test_split2_moves_and_redux_omits() -> None:
    assert "Track00003" in slakh2100("split2")["test"]
    assert sum(map(len, slakh2100("redux").values())) == 1710
    for split, ids in slakh2100("redux").items():
        assert set(ids) <= set(slakh2100("orig")[split])


def _leaks(edition: SlakhEdition, split: str, sources: tuple[str, ...]) -> int:
    """Return how many tracks of a split share their MIDI file with other splits."""
    splits = slakh2100(edition)
    known = {one for source in sources for one in splits[source]}
    shared = {one for group in slakh2100_same_midi() if known & set(group) for one in group}
    return len(shared & set(splits[split]))


def test_orig_has_the_same_midi_in_two_splits() -> None:
    assert sum(map(len, slakh2100_same_midi())) == 698
    assert _leaks("orig", "test", ("train",)) == 57
    assert _leaks("orig", "test", ("train", "validation")) == 70
    assert _leaks("orig", "validation", ("train",)) == 94


def test_split2_and_redux_have_no_midi_in_two_splits() -> None:
    for edition in ("split2", "redux"):
        assert _leaks(edition, "test", ("train", "validation")) == 0
        assert _leaks(edition, "validation", ("train",)) == 0


def test_redux_keeps_every_midi_once() -> None:
    kept = {one for ids in slakh2100("redux").values() for one in ids}

    assert all(len(kept & set(group)) == 1 for group in slakh2100_same_midi())


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "slakh").is_dir(), reason="the authors' own lists are not here")
def test_the_lists_equal_the_authors_files() -> None:
    moves = json.loads((DATA / "slakh" / "splits_v2.json").read_text())
    omissions = json.loads((DATA / "slakh" / "redux.json").read_text())
    duplicates = json.loads((DATA / "slakh" / "duplicates.json").read_text())
    orig = {one: split for split, ids in slakh2100("orig").items() for one in ids}
    split2 = {one: split for split, ids in slakh2100("split2").items() for one in ids}
    redux = {one for ids in slakh2100("redux").values() for one in ids}
    groups = {one: set(group) for group in slakh2100_same_midi() for one in group}

    assert split2 == {one: moves[one].get("destination_split", orig[one]) for one in orig}
    assert redux == {one for one in orig if omissions[one]["action"] is None}
    for one in orig:
        assert groups.get(one, {one}) == {one, *duplicates[one]["midi_duplicates"]}


def test_musdb18_has_14_validation_tracks_inside_train() -> None:
    assert len(set(MUSDB18_VALIDATION)) == MUSDB18["validation"].expected == 14
    assert MUSDB18["train-without-validation"].expected == 100 - 14
    assert {split: place.folder for split, place in MUSDB18.items()} == {
        "train": "train",
        "test": "test",
        "validation": "train",
        "train-without-validation": "train",
    }


@pytest.mark.parametrize("name", ["ANiMAL - Rockshow", "Invented - Song"])
def test_a_track_of_train_is_in_validation_or_in_the_rest(name: str) -> None:
    is_named = name in MUSDB18_VALIDATION

    assert in_musdb18(name, "train")
    assert in_musdb18(name, "validation") is is_named
    assert in_musdb18(name, "train-without-validation") is not is_named
