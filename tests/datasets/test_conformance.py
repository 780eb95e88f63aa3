"""What every registered dataset promises, tried on a tiny copy of its layout."""

from __future__ import annotations

import dataclasses
import importlib
import pickle
from pathlib import Path

import pytest

from sepeval import audio
from sepeval.datasets.base import DATASETS, Dataset
from sepeval.errors import DataError, UnknownNameError
from sepeval.types import Index
from tests.miniatures import Miniature

NAMES = DATASETS.names()
FOREIGN = tuple(name for name in NAMES if name != "synthetic")  # it writes what it reads


@dataclasses.dataclass(frozen=True)
class Copy:
    """A tiny copy on disk, its adapter and the adapter's index."""

    name: str
    root: Path
    miniature: Miniature
    dataset: Dataset
    index: Index


def _miniature(name: str) -> Miniature:
    miniature = importlib.import_module(f"tests.miniatures.{name}").MINIATURE
    assert isinstance(miniature, Miniature)
    return miniature


@pytest.fixture(scope="module", params=NAMES)
def copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    miniature = _miniature(request.param)
    root = tmp_path_factory.mktemp(request.param)
    miniature.write(root)
    dataset = miniature.at(root)
    return Copy(request.param, root, miniature, dataset, dataset.index(miniature.split))


def test_every_dataset_of_the_package_is_registered() -> None:
    wanted = {"folder", "moisesdb", "musdb18", "musdb18hq", "slakh2100", "slakh2100_22050"}

    assert wanted <= set(NAMES)


def test_the_miniature_is_read_without_a_fault(copy: Copy) -> None:
    assert [track.fault for track in copy.index.tracks] == [""] * len(copy.miniature.tracks)


def test_tracks_are_those_of_the_split_sorted_by_id(copy: Copy) -> None:
    assert tuple(track.id for track in copy.index.tracks) == copy.miniature.tracks
    assert list(copy.miniature.tracks) == sorted(set(copy.miniature.tracks))


def test_missing_stems_are_named(copy: Copy) -> None:
    missing = {track.id: track.missing for track in copy.index.tracks if track.missing}

    assert missing == copy.miniature.missing


def test_headers_say_what_the_files_hold(copy: Copy) -> None:
    for track in copy.index.tracks:
        files = [file for stem in track.stems.values() for file in stem]
        read = [audio.read(file) for file in files + ([track.mixture] if track.mixture else [])]

        assert {one.rate for one in read} == {track.rate}
        assert {one.samples.shape[0] for one in read} == {track.channels}
        assert max(one.samples.shape[1] for one in read) == track.length


def test_every_track_has_an_entry_for_every_stem_in_order(copy: Copy) -> None:
    for track in copy.index.tracks:
        assert tuple(track.stems) == copy.index.stems == copy.dataset.stems
        assert track.missing == tuple(
            sorted(stem for stem, files in track.stems.items() if not files)
        )


def test_the_index_names_the_dataset_the_split_and_every_choice(copy: Copy) -> None:
    assert isinstance(copy.dataset, DATASETS.get(copy.name))
    assert copy.index.dataset == copy.name
    assert copy.index.split == copy.miniature.split
    assert {track.split for track in copy.index.tracks} == {copy.miniature.split}
    assert dataclasses.is_dataclass(copy.dataset)
    choices = {field.name for field in dataclasses.fields(copy.dataset)} - {"root"}
    assert set(copy.index.choices) >= choices - {"tracks", "references"}  # paths are no choice


@pytest.mark.parametrize("name", FOREIGN)
def test_choices_have_no_defaults(name: str) -> None:
    adapter = DATASETS.get(name)
    assert dataclasses.is_dataclass(adapter)
    for field in dataclasses.fields(adapter):
        assert field.default is dataclasses.MISSING
        assert field.default_factory is dataclasses.MISSING


def test_a_setting_that_does_not_exist_is_refused(copy: Copy) -> None:
    assert dataclasses.is_dataclass(copy.dataset)
    settings = {
        field.name: getattr(copy.dataset, field.name) for field in dataclasses.fields(copy.dataset)
    }

    with pytest.raises(ValueError, match="speed"):
        type(copy.dataset)(**settings, speed="fast")


def test_an_incomplete_split_is_known_to_be_one(copy: Copy) -> None:
    if copy.index.expected is None or copy.name not in FOREIGN:
        assert copy.index.is_complete
    else:
        assert copy.index.expected > len(copy.index.tracks)
        assert not copy.index.is_complete


def test_a_second_look_gives_the_same_index(copy: Copy) -> None:
    assert copy.dataset.index(copy.miniature.split) == copy.index


def test_dataset_and_index_survive_pickling(copy: Copy) -> None:
    whole = (copy.dataset, copy.index)

    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - made on the line itself


def test_the_root_may_be_given_as_text_relative_to_here(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy.root.parent)

    index = copy.miniature.at(copy.root.name).index(copy.miniature.split)  # type: ignore[arg-type]

    assert [track.length for track in index.tracks] == [track.length for track in copy.index.tracks]


def test_an_unknown_split_offers_the_nearest(copy: Copy) -> None:
    wrong = copy.miniature.split + "s"

    with pytest.raises(UnknownNameError) as error:
        copy.dataset.index(wrong)

    assert repr(wrong) in str(error.value)
    assert f"did you mean {copy.miniature.split!r}" in str(error.value)


def test_splits_are_plain_names_for_folders(copy: Copy) -> None:
    assert copy.miniature.split in copy.dataset.splits()
    for split in copy.dataset.splits():
        assert split.replace("-", "").isalnum()


@pytest.mark.parametrize("name", FOREIGN)
def test_a_root_that_does_not_exist_is_named(name: str, tmp_path: Path) -> None:
    miniature = _miniature(name)

    with pytest.raises(DataError, match=r"nowhere: expected .*, found nothing"):
        miniature.at(tmp_path / "nowhere").index(miniature.split)


@pytest.mark.parametrize("name", FOREIGN)
def test_an_empty_root_is_refused(name: str, tmp_path: Path) -> None:
    miniature = _miniature(name)

    with pytest.raises(DataError, match=r"expected .*found: an empty folder"):
        miniature.at(tmp_path).index(miniature.split)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_wrong_root_says_what_was_expected_and_found(name: str, tmp_path: Path) -> None:
    miniature = _miniature(name)
    for number in range(9):
        (tmp_path / f"holiday{number}").mkdir()
    (tmp_path / "readme.txt").touch()

    with pytest.raises(DataError) as error:
        miniature.at(tmp_path).index(miniature.split)

    assert str(tmp_path) in str(error.value)
    assert "expected" in str(error.value)
    assert "found: holiday0, holiday1, " in str(error.value)
    assert "and 4 more" in str(error.value)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_damaged_file_is_the_fault_of_its_track_only(name: str, tmp_path: Path) -> None:
    miniature = _miniature(name)
    miniature.write(tmp_path)
    first, *others = miniature.at(tmp_path).index(miniature.split).tracks
    (damaged, *_) = [file for stem in first.stems.values() for file in stem]
    damaged.path.write_bytes(b"this is no audio")

    found = miniature.at(tmp_path).index(miniature.split)

    assert found.tracks[1:] == tuple(others)
    assert found.tracks[0].id == first.id
    assert f"track {first.id} of {miniature.split}: " in found.tracks[0].fault
    assert str(damaged.path) in found.tracks[0].fault
