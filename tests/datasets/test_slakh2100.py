"""Slakh2100: which files make a stem, which tracks make a split, and broken metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import yaml

from sepeval.datasets.official import SlakhEdition
from sepeval.datasets.slakh2100 import Slakh2100
from sepeval.errors import DataError
from sepeval.types import Track
from tests.miniatures.slakh2100 import LENGTH, SOURCES, write_track

Grouping = Literal["program", "inst_class"]
TEST_TRACK = "Track01876"


def _only_track(root: Path, *, grouping: Grouping = "program") -> Track:
    (track,) = Slakh2100(root=root, grouping=grouping, edition="orig").index("test").tracks
    return track


def _names(track: Track) -> dict[str, list[str]]:
    return {stem: [file.path.name for file in files] for stem, files in track.stems.items()}


def _fault_of(root: Path, metadata: str | bytes) -> str:
    """Return the fault of a track whose metadata file has this content."""
    write_track(root / TEST_TRACK)
    content = metadata.encode() if isinstance(metadata, str) else metadata
    (root / TEST_TRACK / "metadata.yaml").write_bytes(content)
    return _only_track(root).fault


def test_a_stem_is_all_sources_of_its_programs(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / TEST_TRACK)
    track = _only_track(tmp_path)

    assert track.fault == ""
    assert _names(track) == {
        "bass": ["S03.flac"],
        "drums": ["S01.flac"],
        "guitar": ["S00.flac", "S05.flac"],
        "piano": ["S02.flac"],
    }
    assert track.mixture is not None
    assert track.mixture.path == tmp_path / "test" / TEST_TRACK / "mix.flac"
    assert (track.rate, track.channels, track.length) == (44100, 1, LENGTH)


@pytest.mark.parametrize(
    ("program", "is_drum", "stem"),
    [
        (0, False, "piano"),
        (7, False, "piano"),
        (8, False, None),
        (23, False, None),
        (24, False, "guitar"),
        (31, False, "guitar"),
        (32, False, "bass"),
        (39, False, "bass"),
        (40, False, None),
        (127, False, None),
        (128, False, "drums"),
        (128, True, "drums"),
        (0, True, "drums"),
    ],
)
def test_programs_are_grouped_by_their_number(
    tmp_path: Path, program: int, is_drum: bool, stem: str | None
) -> None:
    write_track(tmp_path / TEST_TRACK, {"S00": ("Anything", program, is_drum, True)})

    present = {name for name, files in _names(_only_track(tmp_path)).items() if files}

    assert present == ({stem} if stem else set())


def test_grouping_by_class_goes_by_the_class(tmp_path: Path) -> None:
    sources = {
        "S00": ("Bass", 58, False, True),
        "S01": ("Brass", 33, False, True),
        "S02": ("Drums", 0, False, True),
        "S03": ("Chromatic Percussion", 12, True, True),
    }
    write_track(tmp_path / TEST_TRACK, sources)

    by_class = _names(_only_track(tmp_path, grouping="inst_class"))
    by_program = _names(_only_track(tmp_path, grouping="program"))

    assert by_class == {"bass": ["S00.flac"], "drums": ["S02.flac"], "guitar": [], "piano": []}
    assert by_program == {
        "bass": ["S01.flac"],
        "drums": ["S03.flac"],
        "guitar": [],
        "piano": ["S02.flac"],
    }


def test_a_source_that_is_not_rendered_is_no_part_of_its_stem(tmp_path: Path) -> None:
    sources = SOURCES | {"S03": ("Bass", 33, False, False)}
    write_track(tmp_path / TEST_TRACK, sources)

    assert _only_track(tmp_path).missing == ("bass",)
    assert _only_track(tmp_path).fault == ""


def test_wav_stands_for_flac(tmp_path: Path) -> None:
    write_track(tmp_path / TEST_TRACK, ending=".wav")

    assert _names(_only_track(tmp_path))["bass"] == ["S03.wav"]
    assert _only_track(tmp_path).fault == ""


@pytest.mark.parametrize("folder", ["train", "validation", "test", "omitted", "."])
def test_a_track_belongs_to_its_split_wherever_it_lies(tmp_path: Path, folder: str) -> None:
    write_track(tmp_path / folder / TEST_TRACK)

    assert _only_track(tmp_path).id == TEST_TRACK
    assert _only_track(tmp_path).split == "test"


@pytest.mark.parametrize(
    ("edition", "split", "found", "expected"),
    [
        ("orig", "train", ("Track00003",), 1500),
        ("orig", "test", ("Track01876", "Track01879"), 225),
        ("split2", "test", ("Track00003", "Track01876"), 225),
        ("split2", "train", ("Track01879",), 1500),
        ("redux", "train", ("Track00003",), 1289),
        ("redux", "test", ("Track01876",), 151),
    ],
)
def test_the_edition_decides_which_tracks_are_found(
    tmp_path: Path, edition: SlakhEdition, split: str, found: tuple[str, ...], expected: int
) -> None:
    for folder in ("train/Track00003", "test/Track01876", "test/Track01879", "test/Track09999"):
        write_track(tmp_path / folder)

    index = Slakh2100(root=tmp_path, grouping="program", edition=edition).index(split)

    assert tuple(track.id for track in index.tracks) == found
    assert index.expected == expected
    assert index.choices == {"grouping": "program", "edition": edition}


def test_a_split_without_any_track_is_refused(tmp_path: Path) -> None:
    write_track(tmp_path / "test" / TEST_TRACK)
    dataset = Slakh2100(root=tmp_path, grouping="program", edition="redux")

    with pytest.raises(DataError, match=r"tracks of redux-validation, found: test"):
        dataset.index("validation")


def test_a_track_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    write_track(tmp_path / "train" / TEST_TRACK)
    write_track(tmp_path / "test" / TEST_TRACK)

    fault = _only_track(tmp_path).fault

    assert fault.startswith(f"track {TEST_TRACK} of test: is there twice, in ")
    assert fault.endswith("remove one")


def test_a_rendered_source_without_a_file_is_a_fault(tmp_path: Path) -> None:
    write_track(tmp_path / TEST_TRACK)
    gone = tmp_path / TEST_TRACK / "stems" / "S05.flac"
    gone.unlink()

    fault = _only_track(tmp_path).fault

    assert f"track {TEST_TRACK} of test: {gone}: " in fault
    assert "source S05 of stem guitar is rendered" in fault


def test_a_source_outside_the_stems_may_lack_its_file(tmp_path: Path) -> None:
    write_track(tmp_path / TEST_TRACK)
    (tmp_path / TEST_TRACK / "stems" / "S04.flac").unlink()

    assert _only_track(tmp_path).fault == ""


@pytest.mark.parametrize("name", ["mix.flac", "metadata.yaml"])
def test_a_missing_mixture_or_missing_metadata_is_a_fault(tmp_path: Path, name: str) -> None:
    write_track(tmp_path / TEST_TRACK)
    (tmp_path / TEST_TRACK / name).unlink()

    assert name in _only_track(tmp_path).fault
    assert _only_track(tmp_path).missing == ()


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("", "the document: "),
        ("[]", "the document: "),
        ("stems: 3", "stems: "),
        ("stems: {S00: {audio_rendered: true, inst_class: Bass, is_drum: false}}", "program_num"),
        (
            "stems: {S00: {audio_rendered: true, inst_class: B, is_drum: no, program_num: '3'}}",
            "stems.S00.program_num: Input should be a valid integer, found '3'",
        ),
        ("stems: {S00: {audio_rendered: perhaps}}", "stems.S00.audio_rendered"),
        ("stems: [", "is no valid YAML"),
        ("a: !!python/object/apply:os.getcwd []", "is no valid YAML"),
        ("a: 2020-99-99", "is no valid YAML"),
        ("a: " + "9" * 5000, "is no valid YAML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"a: \x00", "is no valid YAML"),
        ("[" * 3000, "is nested more than 100 deep"),
    ],
)
def test_broken_metadata_are_a_fault_with_file_and_reason(
    tmp_path: Path, metadata: str | bytes, words: str
) -> None:
    fault = _fault_of(tmp_path, metadata)

    assert fault.startswith(f"track {TEST_TRACK} of test: {tmp_path / TEST_TRACK}")
    assert "metadata.yaml: " in fault
    assert words in fault
    assert len(fault) < 1000


@pytest.mark.parametrize("name", ["../S00", "/etc/S00", "a/b", "..", ""])
def test_a_source_cannot_lead_out_of_its_track(tmp_path: Path, name: str) -> None:
    source = {"audio_rendered": True, "inst_class": "B", "is_drum": False, "program_num": 33}

    fault = _fault_of(tmp_path, yaml.safe_dump({"stems": {name: source}}))

    assert f"{name!r} cannot be the name of a source's file" in fault


def test_metadata_that_grow_when_read_are_a_short_fault(tmp_path: Path) -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    bomb = "\n".join(["a0: &a0 [x, x]", *layers, "stems: *a8"])

    assert len(_fault_of(tmp_path, bomb)) < 5000
