"""A folder described by patterns: what is found, what is absent, and what is a wrong name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sepeval.datasets.folder import SUM_OF_STEMS, Folder
from sepeval.errors import DataError
from tests.miniatures import folder, noise, write_sound
from tests.miniatures.folder import MIXTURE, REFERENCES, STEMS

DATA = Path(os.environ.get("SEPEVAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
DEMO = DATA / "dicose-demo" / "Seperation"


def _folder(
    root: Path,
    *,
    references: str = REFERENCES,
    mixture: str | None = MIXTURE,
    stems: tuple[str, ...] = STEMS,
) -> Folder:
    return Folder(root=root, references=references, mixture=mixture, stems=stems)


def _sound(path: Path) -> None:
    write_sound(path, noise(0, channels=1, length=100), rate=8000)


def test_one_folder_per_track(tmp_path: Path) -> None:
    for name in ("b/bass", "b/drums", "b/mix", "a/bass", "a/drums", "a/mix"):
        _sound(tmp_path / f"{name}.wav")

    dataset = _folder(
        tmp_path,
        references="{track}/{stem}.wav",
        mixture="{track}/mix.wav",
        stems=("drums", "bass"),
    )
    first, second = dataset.index("all").tracks

    assert (first.id, second.id) == ("a", "b")
    assert [file.path for file in first.stems["drums"]] == [tmp_path / "a" / "drums.wav"]
    assert first.mixture is not None
    assert first.mixture.path == tmp_path / "a" / "mix.wav"


def test_without_a_pattern_the_mixture_is_the_sum_and_the_index_says_so(tmp_path: Path) -> None:
    folder.write(tmp_path)
    index = _folder(tmp_path, mixture=None).index("all")

    assert {track.mixture for track in index.tracks} == {None}
    assert index.choices["mixture"] == SUM_OF_STEMS
    assert index.expected is None


def test_stems_that_were_not_asked_for_are_left_out(tmp_path: Path) -> None:
    folder.write(tmp_path)
    index = _folder(tmp_path, stems=("piano", "bass")).index("all")

    assert index.stems == ("piano", "bass")
    assert [tuple(track.stems) for track in index.tracks] == [("piano", "bass")] * 3
    assert [track.missing for track in index.tracks] == [()] * 3


def test_a_stem_that_no_track_has_is_a_wrong_name(tmp_path: Path) -> None:
    folder.write(tmp_path)

    with pytest.raises(DataError, match="for stem vocals, found none in any track") as error:
        _folder(tmp_path, stems=("bass", "vocals")).index("all")
    assert "other stems there: drums, guitar, piano" in str(error.value)


def test_a_mixture_pattern_that_fits_nothing_is_a_wrong_name(tmp_path: Path) -> None:
    folder.write(tmp_path)

    with pytest.raises(DataError, match=r"mixture files that fit 'mix_\{track\}\.wav', found none"):
        _folder(tmp_path, mixture="mix_{track}.wav").index("all")


def test_a_track_without_its_mixture_is_a_fault(tmp_path: Path) -> None:
    folder.write(tmp_path)
    gone = tmp_path / "original" / "Mixture_audio_10.wav"
    gone.unlink()

    faults = {track.id: track.fault for track in _folder(tmp_path).index("all").tracks}

    assert faults["0"] == faults["2"] == ""
    assert faults["10"] == (
        f"track 10 of all: {gone}: expected the mixture, and there is no such file"
    )


def test_a_mixture_without_references_is_a_fault(tmp_path: Path) -> None:
    folder.write(tmp_path)
    _sound(tmp_path / "original" / "Mixture_audio_7.wav")

    faults = {track.id: track.fault for track in _folder(tmp_path).index("all").tracks}

    assert "Mixture_audio_7.wav: is a mixture, and no file fits 'original/original_" in faults["7"]


def test_a_stem_may_have_the_separator_of_the_pattern_in_its_name(tmp_path: Path) -> None:
    for stem in ("bass", "acoustic_guitar"):
        _sound(tmp_path / f"{stem}_song_1.wav")

    dataset = _folder(
        tmp_path,
        references="{stem}_{track}.wav",
        mixture=None,
        stems=("acoustic_guitar", "bass"),
    )

    assert [(track.id, track.missing) for track in dataset.index("all").tracks] == [("song_1", ())]


@pytest.mark.parametrize(
    ("references", "mixture", "stems", "words"),
    [
        ("{track}.wav", None, STEMS, r"references '\{track\}\.wav': expected a \{stem\}"),
        ("{stem}.wav", "{track}.wav", STEMS, r"\{track\} must be in both patterns"),
        ("../{track}/{stem}.wav", None, STEMS, "must not leave the root"),
        ("/x/{track}/{stem}.wav", None, STEMS, "must be relative"),
        (REFERENCES, "{track}/{stem}.wav", STEMS, r"expected no \{stem\}"),
        (REFERENCES, "../{track}.wav", STEMS, "must not leave the root"),
        (REFERENCES, "mix.wav", STEMS, r"\{track\} must be in both patterns"),
        (REFERENCES, None, (), r"expected different names, found \(\)"),
        (REFERENCES, None, ("bass", "bass"), "expected different names"),
        (REFERENCES, None, ("../bass",), "'../bass' cannot be part of a file name"),
        (REFERENCES, None, ("",), "'' cannot be part of a file name"),
    ],
)
def test_wrong_settings_are_refused_at_once(
    references: str, mixture: str | None, stems: tuple[str, ...], words: str
) -> None:
    with pytest.raises(DataError, match=words):
        _folder(Path("anywhere"), references=references, mixture=mixture, stems=stems)


@pytest.mark.data
@pytest.mark.skipif(not DEMO.is_dir(), reason="the published separations are not here")
def test_the_eight_published_segments_are_eight_tracks() -> None:
    index = _folder(DEMO).index("all")

    assert [track.id for track in index.tracks] == [str(number) for number in range(8)]
    assert {(track.rate, track.channels, track.length) for track in index.tracks} == {
        (22050, 1, 262144)
    }
    assert {(track.fault, track.missing) for track in index.tracks} == {("", ())}
