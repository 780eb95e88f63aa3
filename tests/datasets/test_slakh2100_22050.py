"""The repack of Slakh2100: what is no file is an absent stem."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.datasets.official import SlakhEdition
from sepeval.datasets.slakh2100_22050 import Slakh2100Repack
from sepeval.types import Index
from tests.miniatures.slakh2100_22050 import write_track


def _index(root: Path, edition: SlakhEdition = "orig") -> Index:
    return Slakh2100Repack(root=root, edition=edition).index("test")


def test_the_mixture_is_the_sum_of_the_stems(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / "Track01876")
    (track,) = _index(tmp_path).tracks

    assert track.mixture is None
    assert track.missing == ()
    assert (track.rate, track.channels, track.length) == (22050, 1, 500)


def test_a_missing_file_is_an_absent_stem(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / "Track01876", ("drums", "guitar", "piano"))
    (track,) = _index(tmp_path).tracks

    assert track.missing == ("bass",)
    assert track.stems["bass"] == ()
    assert track.fault == ""


def test_a_link_to_nowhere_is_no_absent_stem(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / "Track01876", ("drums", "guitar", "piano"))
    (tmp_path / "test" / "Track01876" / "bass.wav").symlink_to(tmp_path / "gone.wav")

    assert "stem bass: " in _index(tmp_path).tracks[0].fault
    assert "there is no such file" in _index(tmp_path).tracks[0].fault


def test_a_track_without_any_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "test" / "Track01876").mkdir(parents=True)

    assert _index(tmp_path).tracks[0].fault == "track Track01876 of test: holds no audio file"


def test_every_problem_of_a_track_is_in_its_fault(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / "Track01876")
    for stem in ("bass", "piano"):
        (tmp_path / "test" / "Track01876" / f"{stem}.wav").write_bytes(b"")

    fault = _index(tmp_path).tracks[0].fault

    assert "stem bass: " in fault
    assert "stem piano: " in fault
    assert fault.count("the file is empty") == 2


def test_stray_folders_count_nothing(tmp_path: Path) -> None:
    for name in ("Track01876", "Track1877", "Track01878_old", "__MACOSX", ".Track01879"):
        write_track(tmp_path / "test" / name)
    (tmp_path / "test" / "Track01880").touch()

    index = _index(tmp_path)

    assert [track.id for track in index.tracks] == ["Track01876"]
    assert index.expected == 225


@pytest.mark.parametrize(("edition", "expected"), [("orig", 225), ("split2", 225), ("redux", 151)])
def test_the_edition_is_named_and_decides_the_count(
    tmp_path: Path, edition: SlakhEdition, expected: int
) -> None:
    write_track(tmp_path / "test" / "Track01876")
    index = _index(tmp_path, edition)

    assert index.expected == expected
    assert index.choices == {"edition": edition}


def test_track_folders_may_lie_in_the_root(tmp_path: Path) -> None:
    write_track(tmp_path / "Track01876")

    assert [track.id for track in _index(tmp_path).tracks] == ["Track01876"]


def test_a_track_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / "Track01876")
    write_track(tmp_path / "Track01876")

    assert "is there twice, in " in _index(tmp_path).tracks[0].fault


def test_unequal_lengths_are_a_matter_of_the_protocol(tmp_path: Path) -> None:
    folder = tmp_path / "test" / "Track01876"
    write_track(folder, ("bass", "drums"), length=400)
    write_track(folder, ("guitar", "piano"), length=700)
    for stem in ("guitar", "piano"):
        assert (folder / f"{stem}.wav").is_file()

    (track,) = _index(tmp_path).tracks

    assert track.length == 700
    assert track.fault == ""
