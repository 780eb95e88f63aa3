from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.fingerprint import digest
from sepeval.store.places import SCHEMA, Place, TrackPlaces, changed, read_places, write_places
from sepeval.types import AudioFile


def place(path: Path, name: str = "") -> Place:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(path.name.encode())
    return Place(path=name or str(path), sha256=digest(path))


def track(root: Path) -> TrackPlaces:
    return TrackPlaces(
        rate=8000,
        channels=2,
        length=100,
        stems={"bass": [place(root / "bass.wav")], "guitar": []},
        mixture=place(root / "mixture.wav"),
        estimates={
            "bass": place(root / "run" / "estimates" / "one" / "bass.wav", "estimates/one/bass.wav")
        },
    )


def test_places_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = {"one": track(tmp_path)}
    write_places(tmp_path / "run", written)

    found = read_places(tmp_path / "run")

    assert found is not None
    assert (found.schema_version, found.tracks) == (SCHEMA, written)


def test_a_run_without_places_does_not_say_where_its_files_lay(tmp_path: Path) -> None:
    assert read_places(tmp_path) is None


def test_a_track_is_what_a_dataset_would_say(tmp_path: Path) -> None:
    found = track(tmp_path).track("one", "test", tmp_path / "run")

    assert found.stems == {"bass": (AudioFile(tmp_path / "bass.wav"),), "guitar": ()}
    assert found.mixture == AudioFile(tmp_path / "mixture.wav")
    assert found.missing == ("guitar",)
    assert (found.rate, found.channels, found.length) == (8000, 2, 100)


def test_paths_inside_a_run_move_with_it(tmp_path: Path) -> None:
    one = track(tmp_path)
    (tmp_path / "run").rename(tmp_path / "moved")

    assert changed(one.estimates.values(), tmp_path / "moved") == {}


def test_a_file_that_is_gone_and_one_that_changed_are_told_apart(tmp_path: Path) -> None:
    one = track(tmp_path)
    bass, mixture = tmp_path / "bass.wav", tmp_path / "mixture.wav"
    bass.unlink()
    mixture.write_bytes(b"other bytes")

    assert changed(one.references, tmp_path) == {str(bass): "gone", str(mixture): "changed"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the command that made the run makes it again"),
        ('{"schema_version": 1, "tracks": {}, "more": 1}', "makes it again"),
        ('{"schema_version": 9, "tracks": {}}', "was written with schema 9"),
    ],
)
def test_damaged_places_are_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "places.json").write_text(text, encoding="utf-8")

    with pytest.raises(StoreError, match=message):
        read_places(tmp_path)
