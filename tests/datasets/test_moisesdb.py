"""MoisesDB: eleven stems become four, and its JSON leads nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.datasets.moisesdb import MoisesDB
from sepeval.errors import DataError
from sepeval.types import Index, Track
from tests.miniatures.moisesdb import FULL, write_track


def _index(root: Path) -> Index:
    return MoisesDB(root=root, grouping="four_stems").index("all")


def _track(root: Path) -> Track:
    (track,) = _index(root).tracks
    return track


def _fault_of(root: Path, document: object) -> str:
    folder = root / "provider" / FULL
    folder.mkdir(parents=True)
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    (folder / "data.json").write_bytes(content)
    return _track(root).fault


def _listing(stem: object, *sources: object) -> dict[str, object]:
    return {"stems": [{"stemName": stem, "tracks": list(sources)}]}


def test_everything_but_vocals_bass_and_drums_is_other(tmp_path: Path) -> None:
    eleven = [*("vocals", "bass", "drums", "other", "guitar", "other_plucked", "percussion")]
    eleven += ["piano", "other_keys", "bowed_strings", "wind"]
    write_track(tmp_path / "provider" / FULL, dict.fromkeys(eleven, 1))

    track = _track(tmp_path)
    folders = {stem: [file.path.parent.name for file in track.stems[stem]] for stem in track.stems}

    assert track.fault == ""
    assert {stem: folders[stem] for stem in ("vocals", "bass", "drums")} == {
        "vocals": ["vocals"],
        "bass": ["bass"],
        "drums": ["drums"],
    }
    assert folders["other"] == [stem for stem in eleven if stem not in {"vocals", "bass", "drums"}]
    assert "percussion" in folders["other"]


def test_all_sources_of_a_stem_are_summed(tmp_path: Path) -> None:
    write_track(tmp_path / "provider" / FULL, {"vocals": 3, "bass": 1, "drums": 1, "wind": 2})
    track = _track(tmp_path)

    assert {stem: len(files) for stem, files in track.stems.items()} == {
        "vocals": 3,
        "bass": 1,
        "drums": 1,
        "other": 2,
    }
    assert track.length == 441 + 2
    assert track.mixture is None


def test_a_track_that_lacks_a_stem_stays(tmp_path: Path) -> None:
    write_track(tmp_path / "provider" / FULL, {"vocals": 1, "drums": 0, "piano": 1})

    assert _track(tmp_path).missing == ("bass", "drums")
    assert _track(tmp_path).fault == ""


def test_the_split_has_240_tracks(tmp_path: Path) -> None:
    write_track(tmp_path / "provider" / FULL)
    index = _index(tmp_path)

    assert index.expected == 240
    assert index.choices == {"grouping": "four_stems"}
    assert index.split == "all"


def test_a_folder_without_data_json_is_no_track(tmp_path: Path) -> None:
    write_track(tmp_path / "provider" / FULL)
    (tmp_path / "provider" / "notes").mkdir()
    (tmp_path / "readme.txt").touch()

    assert _track(tmp_path).id == FULL


def test_the_folder_of_one_provider_is_recognised(tmp_path: Path) -> None:
    write_track(tmp_path / "provider" / FULL)

    with pytest.raises(DataError, match="one provider's folder: give the one above it"):
        _index(tmp_path / "provider")


def test_a_track_of_two_providers_is_a_fault(tmp_path: Path) -> None:
    write_track(tmp_path / "provider_a" / FULL)
    write_track(tmp_path / "provider_b" / FULL)

    assert "is there twice, in " in _track(tmp_path).fault


def test_a_source_without_its_file_is_a_fault(tmp_path: Path) -> None:
    write_track(tmp_path / "provider" / FULL)
    gone = tmp_path / "provider" / FULL / "drums" / "drums-1.wav"
    gone.unlink()

    assert f"track {FULL} of all: {gone}: data.json names this source" in _track(tmp_path).fault


@pytest.mark.parametrize(
    "source",
    [
        {"id": "../../../secret", "extension": "wav"},
        {"id": "/etc/secret", "extension": "wav"},
        {"id": "x", "extension": "/../../secret"},
        {"id": "..\\secret", "extension": "wav"},
        {"id": "x\0", "extension": "wav"},
    ],
)
def test_a_source_cannot_lead_out_of_its_track(tmp_path: Path, source: dict[str, str]) -> None:
    fault = _fault_of(tmp_path, _listing("bass", source))

    assert "data.json: stem bass: " in fault
    assert "cannot be the name of a file" in fault


@pytest.mark.parametrize("stem", ["../bass", "/bass", "..", "Bass", "synth"])
def test_a_stem_that_nobody_knows_is_a_fault(tmp_path: Path, stem: str) -> None:
    fault = _fault_of(tmp_path, _listing(stem, {"id": "x", "extension": "wav"}))

    assert f"no stem of MoisesDB is named {stem!r}; known: vocals, bass, drums, other" in fault


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "is no valid JSON"),
        (b"{", "is no valid JSON"),
        (b"\xff", "is not UTF-8 text"),
        (b"[" * 100_000, "is no valid JSON"),
        ([], "the document: "),
        ({}, "stems: Field required"),
        (_listing("bass", {"id": 3, "extension": "wav"}), "stems.0.tracks.0.id: "),
        (_listing("bass", "x.wav"), "stems.0.tracks.0: "),
        (_listing(None), "stems.0.stemName: "),
    ],
)
def test_a_broken_document_is_a_fault_with_file_and_reason(
    tmp_path: Path, document: object, words: str
) -> None:
    fault = _fault_of(tmp_path, document)

    assert f"track {FULL} of all: {tmp_path / 'provider' / FULL / 'data.json'}: " in fault
    assert words in fault
