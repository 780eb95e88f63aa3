"""Patterns find what they name, name what they find, and stay below their root."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import DataError
from sepeval.patterns import Match, Pattern, detect, unclaimed

NAMES = st.text("abz019_- .é", min_size=1, max_size=8).filter(lambda name: name[0] != ".")


def _touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_files_in_one_folder_are_found(tmp_path: Path) -> None:
    _touch(tmp_path, "original/original_bass_0.wav", "original/Mixture_audio_0.wav")

    found = Pattern("original/original_{stem}_{track}.wav").find(tmp_path)

    assert found == [Match("0", "bass", tmp_path / "original/original_bass_0.wav")]


def test_files_in_one_folder_per_track_are_found(tmp_path: Path) -> None:
    _touch(tmp_path, "song a/bass.wav", "song a/deep/bass.wav", "bass.wav", "song b/bass.flac")

    assert Pattern("{track}/{stem}.wav").find(tmp_path) == [
        Match("song a", "bass", tmp_path / "song a/bass.wav")
    ]


def test_a_pattern_without_a_stem_names_none(tmp_path: Path) -> None:
    _touch(tmp_path, "mixture/7.wav")
    pattern = Pattern("mixture/{track}.wav")

    assert not pattern.has_stem
    assert pattern.find(tmp_path) == [Match("7", None, tmp_path / "mixture/7.wav")]
    assert pattern.path(tmp_path, track="7") == tmp_path / "mixture/7.wav"


def test_a_repeated_field_has_one_value(tmp_path: Path) -> None:
    _touch(tmp_path, "a/a_bass.wav", "b/a_bass.wav", "c/c_bass_c.wav")

    assert [one.track for one in Pattern("{track}/{track}_{stem}.wav").find(tmp_path)] == ["a", "c"]
    assert [one.track for one in Pattern("c/{track}_{stem}_{track}.wav").find(tmp_path)] == ["c"]


def test_known_stems_settle_how_a_name_is_read(tmp_path: Path) -> None:
    _touch(tmp_path, "electric_guitar_7_b.wav")
    pattern = Pattern("{stem}_{track}.wav")

    (guess,) = pattern.find(tmp_path)
    (known,) = pattern.find(tmp_path, stems=("electric", "electric_guitar", "bass"))

    assert (guess.stem, guess.track) == ("electric", "guitar_7_b")
    assert (known.stem, known.track) == ("electric_guitar", "7_b")
    assert pattern.find(tmp_path, stems=("bass",)) == []
    assert pattern.find(tmp_path, stems=()) == []


def test_characters_with_a_meaning_elsewhere_are_plain_text(tmp_path: Path) -> None:
    _touch(tmp_path, "a+[b]*(1)/x.wav", "aab1/x.wav")

    assert [one.track for one in Pattern("a+[b]*({track})/x.wav").find(tmp_path)] == ["1"]
    assert Pattern("?/{track}.wav").find(tmp_path) == []


def test_hidden_files_are_not_tracks(tmp_path: Path) -> None:
    _touch(tmp_path, "._song.wav", "song.wav", "x_.y.wav", ".git/bass.wav")

    assert [one.track for one in Pattern("{track}.wav").find(tmp_path)] == ["song", "x_.y"]
    assert [one.track for one in Pattern("x_{track}.wav").find(tmp_path)] == [".y"]
    assert Pattern("{track}/{stem}.wav").find(tmp_path) == []


def test_a_track_may_begin_with_dots(tmp_path: Path) -> None:
    names = ("...And Justice for All", "...", ".hidden", "a")
    _touch(tmp_path, *(f"{name}/bass.wav" for name in names), "a/._bass.wav", ".part-x/bass.wav")

    found = Pattern("{track}/{stem}.wav").find(tmp_path)

    assert [one.track for one in found] == sorted(names)
    assert {one.stem for one in found} == {"bass"}


def test_audio_that_no_pattern_fits_is_found(tmp_path: Path) -> None:
    _touch(tmp_path, "ref/a/bass.wav", "ref/a/mix.flac", "ref/cd/b/bass.wav", "ref/a/x.FLAC")
    _touch(tmp_path, "est/a/bass.wav", "ref/.git/x/y.wav", "ref/notes.txt", "ref/._a.wav")

    inside = unclaimed(tmp_path, ["ref/{track}/{stem}.wav", "ref/{track}/mix.flac"])
    whole = unclaimed(tmp_path / "ref", ["{track}/{stem}.wav"])

    assert [str(path.relative_to(tmp_path)) for path in inside] == [
        "ref/a/x.FLAC",
        "ref/cd/b/bass.wav",
    ]
    assert len(whole) == 3


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "song.wav").mkdir()

    assert Pattern("{track}.wav").find(tmp_path) == []


def test_a_leading_dot_folder_and_double_slashes_change_nothing(tmp_path: Path) -> None:
    _touch(tmp_path, "a/song.wav")

    assert Pattern("./a//{track}.wav").find(tmp_path) == Pattern("a/{track}.wav").find(tmp_path)


def test_matches_are_sorted_by_track_then_stem(tmp_path: Path) -> None:
    _touch(tmp_path, "b_10.wav", "a_2.wav", "b_2.wav", "a_10.wav")

    found = Pattern("{stem}_{track}.wav").find(tmp_path)

    assert [(one.track, one.stem) for one in found] == [
        ("10", "a"),
        ("10", "b"),
        ("2", "a"),
        ("2", "b"),
    ]


@given(track=NAMES, stem=NAMES)
def test_a_name_that_was_made_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, track: str, stem: str
) -> None:
    root = tmp_path_factory.mktemp("root")
    pattern = Pattern("{track}/x_{stem}.wav")
    _touch(root, str(pattern.path(Path(), track=track, stem=stem)))

    assert pattern.find(root) == [Match(track, stem, pattern.path(root, track=track, stem=stem))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("/data/{track}.wav", "relative to the root"),
        ("C:/data/{track}.wav", "relative to the root"),
        ("../{track}.wav", "leave the root folder"),
        ("a/../../{track}.wav", "leave the root folder"),
        ("a\\..\\{track}.wav", "leave the root folder"),
        ("a\\{track}.wav", "expected '/' between folders"),
        ("{track}/{name}.wav", "unknown field {name}, expected {track} or {stem}"),
        ("{track:05d}.wav", "unknown field {track:05d}"),
        ("{track.__class__}.wav", "unknown field"),
        ("{}/{track}.wav", "unknown field {}"),
        ("{{track}}.wav", "brace without its partner"),
        ("{track.wav", "brace without its partner"),
        ("{track}{stem}.wav", "text between two fields"),
    ],
)
def test_a_malformed_pattern_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(DataError) as error:
        Pattern(text)

    assert words in str(error.value)
    assert repr(text) in str(error.value)


def test_all_problems_of_a_pattern_are_in_one_message() -> None:
    with pytest.raises(DataError, match=r"relative.*unknown field"):
        Pattern("/{song}.wav")


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "../x", "a\\b", "nul\0"])
def test_a_value_cannot_leave_its_folder(value: str) -> None:
    with pytest.raises(DataError, match="cannot be a track; expected a name without /"):
        Pattern("{track}/{stem}.wav").path(Path("root"), track=value, stem="bass")


def test_braces_in_a_name_are_plain_text(tmp_path: Path) -> None:
    _touch(tmp_path, "{stem}/{x}.wav")
    pattern = Pattern("{track}/{stem}.wav")

    assert pattern.find(tmp_path) == [Match("{stem}", "{x}", tmp_path / "{stem}/{x}.wav")]
    assert pattern.path(tmp_path, track="{stem}", stem="{x}").exists()


def test_a_missing_stem_is_asked_for() -> None:
    with pytest.raises(DataError, match="needs a stem"):
        Pattern("{track}/{stem}.wav").path(Path("root"), track="a")


def test_a_root_that_is_no_folder_is_named(tmp_path: Path) -> None:
    _touch(tmp_path, "file")

    with pytest.raises(DataError, match=r"expected a folder .* found nothing"):
        Pattern("{track}.wav").find(tmp_path / "absent")
    with pytest.raises(DataError, match=r"expected a folder .* found a file"):
        Pattern("{track}.wav").find(tmp_path / "file")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.wav")).touch()

    with pytest.raises(DataError, match="not valid UTF-8; rename it"):
        Pattern("{track}.wav").find(tmp_path)


def test_a_pattern_survives_pickling() -> None:
    pattern = Pattern("{track}/{stem}.wav")

    assert pickle.loads(pickle.dumps(pattern)) == pattern  # noqa: S301 - made on the line itself


def test_a_pattern_without_track_is_of_one_track_named_after_its_root(tmp_path: Path) -> None:
    root = tmp_path / "song"
    root.mkdir()
    for stem in ("bass", "drums"):
        (root / f"{stem}.wav").touch()

    found = Pattern("{stem}.wav").find(root)

    assert [(one.track, one.stem) for one in found] == [("song", "bass"), ("song", "drums")]
    assert Pattern("{stem}.wav").path(root, track="other", stem="bass") == root / "bass.wav"


@pytest.mark.parametrize(
    "layout",
    [
        "{track}/{stem}.wav",
        "{stem}/{track}.wav",
        "{track}_{stem}.flac",
        "{stem}-{track}.wav",
        "{stem}.wav",
    ],
)
def test_known_layouts_are_detected(tmp_path: Path, layout: str) -> None:
    for track in ("one", "two"):
        for stem in ("bass", "drums"):
            path = Pattern(layout).path(tmp_path, track=track, stem=stem)
            path.parent.mkdir(exist_ok=True)
            path.touch()

    assert detect(tmp_path, stems=("bass", "drums")) == layout


def test_a_folder_of_no_known_layout_is_refused_with_an_example(tmp_path: Path) -> None:
    (tmp_path / "take.bass.wav").touch()

    with pytest.raises(DataError, match=r"no file is named after bass.*pattern such as"):
        detect(tmp_path, stems=("bass",))
