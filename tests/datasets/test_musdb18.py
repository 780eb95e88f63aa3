"""MUSDB18 and MUSDB18-HQ: splits, streams, broken copies, and objects of the package musdb."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from sepeval.datasets.base import Dataset
from sepeval.datasets.musdb18 import Musdb18, from_musdb
from sepeval.datasets.musdb18hq import Musdb18HQ
from sepeval.errors import DataError
from sepeval.types import AudioFile
from tests.miniatures import musdb18, musdb18hq, noise, write_sound
from tests.miniatures.musdb18hq import OTHER, TEST, VALIDATION

DATA = Path(os.environ.get("SEPEVAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
SAMPLE = DATA / "musdb18-sample" / "MUSDB18-7-SAMPLE"


@dataclass
class MusdbTrack:
    """The attributes of a track of the package musdb that matter here."""

    path: str
    name: str
    subset: str = "train"
    is_wav: bool = False
    chunk_start: float = 0
    chunk_duration: float | None = None
    sample_rate: float | None = None


@dataclass
class MusdbDatabase:
    """The attribute of a `musdb.DB` that matters here."""

    tracks: Sequence[MusdbTrack]


@pytest.fixture(scope="module")
def wav_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hq")
    musdb18hq.write(root)
    return root


@pytest.fixture(scope="module")
def mp4_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mp4")
    musdb18.write(root)
    return root


def _ids(dataset: Dataset, split: str) -> list[str]:
    return [track.id for track in dataset.index(split).tracks]


# Both


@pytest.mark.parametrize("layout", ["wav", "mp4"])
def test_splits_are_the_folders_and_the_two_parts_of_train(
    layout: str, wav_root: Path, mp4_root: Path
) -> None:
    dataset = Musdb18HQ(root=wav_root) if layout == "wav" else Musdb18(root=mp4_root)

    assert _ids(dataset, "train") == [VALIDATION, OTHER]
    assert _ids(dataset, "validation") == [VALIDATION]
    assert _ids(dataset, "train-without-validation") == [OTHER]
    assert _ids(dataset, "test") == [TEST]
    assert {split: dataset.index(split).expected for split in dataset.splits()} == {
        "train": 100,
        "test": 50,
        "validation": 14,
        "train-without-validation": 86,
    }


def test_each_layout_points_to_the_adapter_of_the_other(wav_root: Path, mp4_root: Path) -> None:
    with pytest.raises(DataError, match="read by the dataset 'musdb18'"):
        Musdb18HQ(root=mp4_root).index("train")
    with pytest.raises(DataError, match="read by the dataset 'musdb18hq'"):
        Musdb18(root=wav_root).index("train")


@pytest.mark.parametrize("adapter", [Musdb18, Musdb18HQ])
def test_a_root_without_the_splits_folder_says_so(
    adapter: type[Musdb18 | Musdb18HQ], tmp_path: Path
) -> None:
    (tmp_path / "test").mkdir()

    with pytest.raises(DataError, match=r"expected the folders 'train' and 'test' .*found: test"):
        adapter(root=tmp_path).index("validation")


# MUSDB18-HQ


def test_each_stem_is_its_file(wav_root: Path) -> None:
    (track,) = Musdb18HQ(root=wav_root).index("test").tracks
    folder = wav_root / "test" / TEST

    assert track.mixture == AudioFile(folder / "mixture.wav")
    assert track.stems == {
        stem: (AudioFile(folder / f"{stem}.wav"),) for stem in ("vocals", "drums", "bass", "other")
    }
    assert (track.rate, track.channels, track.length) == (44100, 2, 441)


@pytest.mark.parametrize("name", ["drums.wav", "mixture.wav"])
def test_a_track_that_lacks_a_file_is_a_broken_copy(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "test" / TEST
    musdb18hq.write_track(folder)
    (folder / name).unlink()

    (track,) = Musdb18HQ(root=tmp_path).index("test").tracks

    assert track.fault == (
        f"track {TEST} of test: {folder}: lacks {name}; every track of MUSDB18-HQ has five files, "
        "so copy it again"
    )


def test_an_empty_folder_is_a_broken_copy_too(tmp_path: Path) -> None:
    (tmp_path / "test" / TEST).mkdir(parents=True)

    fault = Musdb18HQ(root=tmp_path).index("test").tracks[0].fault

    assert "lacks mixture.wav, vocals.wav, drums.wav, bass.wav, other.wav" in fault


@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (44100, 1)])
def test_files_that_disagree_are_a_fault(tmp_path: Path, rate: int, channels: int) -> None:
    folder = tmp_path / "test" / TEST
    musdb18hq.write_track(folder)
    write_sound(folder / "bass.wav", noise(0, channels=channels, length=441), rate=rate)

    fault = Musdb18HQ(root=tmp_path).index("test").tracks[0].fault

    assert f"stem bass: {folder / 'bass.wav'}: has {rate} Hz and {channels} channels" in fault
    assert "most files of the track have 44100 Hz and 2" in fault


# MUSDB18


def test_each_stem_is_its_stream(mp4_root: Path) -> None:
    (track,) = Musdb18(root=mp4_root).index("test").tracks
    path = mp4_root / "test" / f"{TEST}.stem.mp4"

    assert track.mixture == AudioFile(path, 0)
    assert track.stems == {
        "vocals": (AudioFile(path, 4),),
        "drums": (AudioFile(path, 1),),
        "bass": (AudioFile(path, 2),),
        "other": (AudioFile(path, 3),),
    }


def test_other_files_beside_the_tracks_are_left_out(tmp_path: Path) -> None:
    musdb18.write_track(tmp_path / "test" / f"{TEST}.stem.mp4")
    for name in ("._x.stem.mp4", "readme.txt", "x.mp4", ".stem.mp4"):
        (tmp_path / "test" / name).touch()
    (tmp_path / "test" / "folder.stem.mp4").mkdir()

    assert _ids(Musdb18(root=tmp_path), "test") == [TEST]


def test_ids_are_sorted_without_the_ending(tmp_path: Path) -> None:
    for name in ("A - B", "A - B - C", "A - B!"):
        musdb18.write_track(tmp_path / "test" / f"{name}.stem.mp4", length=100)

    assert _ids(Musdb18(root=tmp_path), "test") == ["A - B", "A - B - C", "A - B!"]


def test_a_file_with_too_few_streams_is_a_fault(tmp_path: Path) -> None:
    musdb18.write_track(tmp_path / "test" / f"{TEST}.stem.mp4", streams=2)

    fault = Musdb18(root=tmp_path).index("test").tracks[0].fault

    assert "stem bass: " in fault
    assert "(stream 2): holds 2 audio streams, numbered from 0" in fault


# Objects of the package musdb


def test_a_musdb_database_gives_the_index_of_the_adapter(mp4_root: Path, wav_root: Path) -> None:
    mp4 = MusdbDatabase(
        [
            MusdbTrack(str(mp4_root / folder / f"{name}.stem.mp4"), name, folder)
            for folder, name in (("train", VALIDATION), ("train", OTHER), ("test", TEST))
        ]
    )
    wav = MusdbDatabase(
        [
            MusdbTrack(str(wav_root / folder / name / "mixture.wav"), name, folder, is_wav=True)
            for folder, name in (("train", VALIDATION), ("train", OTHER), ("test", TEST))
        ]
    )

    for split in ("train", "test", "validation"):
        assert from_musdb(mp4).index(split) == Musdb18(root=mp4_root).index(split)
        assert from_musdb(wav).index(split) == Musdb18HQ(root=wav_root).index(split)
    assert from_musdb(mp4).splits() == Musdb18(root=mp4_root).splits()


def test_some_tracks_of_musdb_are_an_incomplete_split(mp4_root: Path) -> None:
    some = from_musdb([MusdbTrack(str(mp4_root / "train" / f"{OTHER}.stem.mp4"), OTHER)])

    assert _ids(some, "train") == [OTHER]
    assert some.index("train").expected == 100
    assert pickle.loads(pickle.dumps(some)) == some  # noqa: S301 - made on the line itself
    with pytest.raises(DataError, match="musdb18/test: none of the 1 selected tracks is among"):
        some.index("test")


def test_nothing_is_selected_from_nothing() -> None:
    with pytest.raises(DataError, match="expected tracks, found none"):
        from_musdb([])
    with pytest.raises(DataError, match="expected tracks, found none"):
        from_musdb(MusdbDatabase([]))


@pytest.mark.parametrize(
    ("track", "words"),
    [
        (MusdbTrack("r/test/a.stem.mp4", "a", chunk_start=2), "set to an excerpt"),
        (MusdbTrack("r/test/a.stem.mp4", "a", chunk_duration=5.0), "set to an excerpt"),
        (MusdbTrack("r/test/a.stem.mp4", "a", sample_rate=22050), "resampled to 22050 Hz"),
        (MusdbTrack("r/test/b.stem.mp4", "a"), r"expected its file to be a\.stem\.mp4"),
        (MusdbTrack("r/test/a.mp4", "a"), r"expected its file to be a\.stem\.mp4"),
        (MusdbTrack("r/test/b/mixture.wav", "a", is_wav=True), "expected its file to be a/mixture"),
    ],
)
def test_a_musdb_track_that_would_be_read_differently_is_refused(
    track: MusdbTrack, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        from_musdb([track])


def test_tracks_of_two_databases_are_refused() -> None:
    tracks = [MusdbTrack("r/test/a.stem.mp4", "a"), MusdbTrack("s/test/b.stem.mp4", "b")]

    with pytest.raises(DataError, match="one database and kind, found several: r, s"):
        from_musdb(tracks)


@pytest.mark.data
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the MUSDB18 sample is not here")
def test_the_real_sample_is_one_track_of_train() -> None:
    index = Musdb18(root=SAMPLE).index("train")
    (track,) = index.tracks

    assert (track.id, track.fault, track.missing) == ("Music Delta - 80s Rock", "", ())
    assert (track.rate, track.channels, track.length) == (44100, 2, 300032)
    assert not index.is_complete
