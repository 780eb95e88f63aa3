"""A folder of estimates: what is read, and every way in which it can be wrong."""

from pathlib import Path

import numpy as np
import pytest

from sepeval import audio
from sepeval.errors import DataError, SeparatorError
from sepeval.fingerprint import digest
from sepeval.separators.base import Estimate
from sepeval.separators.files import Files
from sepeval.types import Array, Track

STEMS = ("bass", "drums")
RATE = 22050
PATTERN = "system/{stem}_{track}.wav"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def track(*, channels: int = 1) -> Track:
    return Track("7", "test", RATE, channels, 100, {}, None)


def noise(channels: int = 1, length: int = 100, *, seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, length)).astype(np.float32)


def write(root: Path, stem: str, samples: Array, *, rate: int = RATE) -> Path:
    path = root / "system" / f"{stem}_7.wav"
    path.parent.mkdir(exist_ok=True)
    audio.write(path, samples, rate=rate, encoding="FLOAT")
    return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for seed, stem in enumerate(STEMS):
        write(tmp_path, stem, noise(seed=seed))
    return Files(tmp_path, PATTERN)


def test_the_samples_are_those_of_the_files(files: Files) -> None:
    estimate = files.estimate(track(), stems=("drums", "bass"), rate=RATE)

    assert estimate.stems == ("drums", "bass")
    assert estimate.audio.tolist() == [noise(seed=1).tolist(), noise(seed=0).tolist()]


def test_an_estimate_may_have_another_length_than_the_track(tmp_path: Path) -> None:
    write(tmp_path, "bass", noise(length=90))

    assert Files(tmp_path, PATTERN).estimate(track(), stems=("bass",), rate=RATE).audio.shape == (
        1,
        1,
        90,
    )


def test_the_fingerprint_is_that_of_the_files(files: Files) -> None:
    expected = {stem: digest(files.root / "system" / f"{stem}_7.wav") for stem in STEMS}

    assert files.fingerprint(track(), stems=STEMS) == expected


def test_the_fingerprint_leaves_out_absent_files(files: Files) -> None:
    assert set(files.fingerprint(track(), stems=("bass", "piano"))) == {"bass"}


def test_the_description_does_not_depend_on_where_the_files_lie(files: Files) -> None:
    elsewhere = files.root / "elsewhere"
    elsewhere.mkdir()

    assert files.describe() == Files(elsewhere, "{track}/{stem}.flac").describe()


def test_a_missing_estimate_is_named_with_track_stem_and_path(files: Files) -> None:
    with pytest.raises(DataError, match=r"track 7: no estimate of 'piano'.*piano_7\.wav"):
        files.estimate(track(), stems=("bass", "piano"), rate=RATE)


def test_another_rate_than_it_is_scored_at_is_refused(files: Files) -> None:
    with pytest.raises(DataError, match=r"bass_7\.wav: 22050 Hz; the references have 44100 Hz"):
        files.estimate(track(), stems=STEMS, rate=44100)


def test_another_channel_count_than_the_tracks_is_refused(files: Files) -> None:
    with pytest.raises(DataError, match=r"'bass' of track 7.* 1 channels; the track has 2"):
        files.estimate(track(channels=2), stems=STEMS, rate=RATE)


def test_stems_of_different_lengths_tell_their_lengths(files: Files) -> None:
    write(files.root, "drums", noise(length=97))

    estimate = files.estimate(track(), stems=STEMS, rate=RATE)

    assert estimate.lengths == (100, 97)
    assert estimate.audio[0].tolist() == noise(seed=0).tolist()
    assert estimate.audio[1, :, :97].tolist() == noise(length=97).tolist()
    assert not estimate.audio[1, :, 97:].any()


def test_stems_of_equal_lengths_tell_none(files: Files) -> None:
    assert files.estimate(track(), stems=STEMS, rate=RATE).lengths is None


@pytest.mark.parametrize("lengths", [(3,), (3, 5), (-1, 4)])
def test_lengths_that_do_not_fit_the_audio_are_refused(lengths: tuple[int, ...]) -> None:
    with pytest.raises(SeparatorError, match="one length per stem, each of at most 4 samples"):
        Estimate(STEMS, np.zeros((2, 1, 4)), lengths=lengths)


@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_a_root_that_is_no_folder_is_refused(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "estimates"
    if kind == "a file":
        root.write_text("")

    with pytest.raises(DataError, match=f"estimates: expected the folder .*, found {kind}"):
        Files(root, PATTERN)


def test_a_file_without_audio_is_named_with_the_way_out(files: Files) -> None:
    path = files.root / "system" / "bass_7.wav"
    path.write_bytes(b"")
    write(files.root, "drums", noise(length=0))

    for stem, fault in (("bass", "the file is empty"), ("drums", "holds no samples")):
        with pytest.raises(DataError, match=f"{stem}_7.wav: {fault}; copy or make it again"):
            files.estimate(track(), stems=(stem,), rate=RATE)


def test_a_damaged_file_is_named(files: Files) -> None:
    path = files.root / "system" / "bass_7.wav"
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(DataError, match=r"bass_7\.wav: truncated"):
        files.estimate(track(), stems=STEMS, rate=RATE)


@pytest.mark.parametrize("pattern", ["{track}.wav", "mix.wav", "{tack}/{stem}.wav"])
def test_a_pattern_that_cannot_name_the_files_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(DataError, match="pattern"):
        Files(tmp_path, pattern)
