"""Audio that is read piece by piece has the samples of the file read as a whole."""

from __future__ import annotations

import tempfile
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from sepeval import audio
from sepeval.errors import DataError
from sepeval.types import Array, AudioFile, Streamed, StreamedStems
from tests.miniatures import musdb18

LENGTH = 300_001  # samples: several steps of decoding, and no multiple of one


@pytest.fixture
def pieces() -> Iterator[audio.Pieces]:
    with audio.Pieces() as found:
        yield found


def written(folder: Path, ending: str, subtype: str, *, length: int = LENGTH) -> AudioFile:
    samples = 0.3 * np.random.default_rng(0).standard_normal((length, 2)).clip(-3, 3)
    path = folder / f"x.{ending}"
    soundfile.write(path, samples, 44100, subtype=subtype)
    return AudioFile(path)


def held(array: Array) -> Streamed:
    return Streamed((array.shape[0], array.shape[1]), lambda start, stop: array[:, start:stop])


@pytest.mark.parametrize(
    ("ending", "subtype"),
    [("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("flac", "PCM_16"), ("w64", "FLOAT")],
)
def test_slices_are_those_of_the_file(
    tmp_path: Path, pieces: audio.Pieces, ending: str, subtype: str
) -> None:
    file = written(tmp_path, ending, subtype)
    whole = audio.read(file)

    signal, rate = pieces.open(file)

    assert (signal.shape, rate) == (whole.samples.shape, whole.rate)
    for start, stop in ((0, 1), (7, 5000), (131_071, 131_073), (299_000, LENGTH), (5, 5)):
        assert np.array_equal(signal.read(start, stop), whole.samples[:, start:stop])


def test_a_stream_is_decoded_once_and_read_in_slices(tmp_path: Path, pieces: audio.Pieces) -> None:
    path = tmp_path / "x.stem.mp4"
    musdb18.write_track(path, length=30_000)
    file = AudioFile(path, 2)
    whole = audio.read(file).samples

    signal = pieces.open(file).signal

    assert pieces.open(file).signal is signal
    assert np.array_equal(signal.read(0, whole.shape[1]), whole)


def test_several_threads_read_one_file(tmp_path: Path, pieces: audio.Pieces) -> None:
    file = written(tmp_path, "wav", "PCM_16")
    whole = audio.read(file).samples
    signal = pieces.open(file).signal
    starts = range(0, LENGTH - 1000, 1000)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda start: signal.read(start, start + 1000), starts))

    for start, one in zip(starts, found, strict=True):
        assert np.array_equal(one, whole[:, start : start + 1000])


def test_what_is_stored_comes_back_to_the_bit(pieces: audio.Pieces) -> None:
    samples = np.random.default_rng(0).standard_normal((3, 1000))

    signal = pieces.store(iter([samples[:, :300], samples[:, 300:]]), channels=3, length=1000)

    assert signal.shape == (3, 1000)
    assert np.array_equal(signal.read(250, 400), samples[:, 250:400])


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "flac", "PCM_16", length=5000)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with audio.Pieces() as pieces:
        signal = pieces.open(file).signal
        assert signal.read(0, 5000).any()

    assert list(folder.iterdir()) == []


def test_too_little_room_is_told_before_anything_is_decoded(
    tmp_path: Path, pieces: audio.Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "flac", "PCM_16", length=5000)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(100, 90, 10))

    with pytest.raises(DataError, match="GB are free; set TMPDIR"):
        pieces.open(file)


@pytest.mark.parametrize(("ending", "subtype"), [("wav", "FLOAT"), ("w64", "FLOAT")])
def test_what_is_not_finite_is_found_when_the_file_is_opened(
    tmp_path: Path, pieces: audio.Pieces, ending: str, subtype: str
) -> None:
    samples = np.zeros((200_000, 2))
    samples[150_000, 1] = np.inf
    path = tmp_path / f"x.{ending}"
    soundfile.write(path, samples, 44100, subtype=subtype)

    with pytest.raises(DataError, match="sample 150000 is NaN or infinite"):
        pieces.open(AudioFile(path))


def test_a_damaged_file_is_refused_as_by_read(tmp_path: Path, pieces: audio.Pieces) -> None:
    file = written(tmp_path, "wav", "PCM_16")
    file.path.write_bytes(file.path.read_bytes()[:-400])

    with pytest.raises(DataError, match="truncated"):
        pieces.open(file)


@given(
    st.integers(0, 2) | st.slices(3),
    st.integers(0, 1) | st.slices(2),
    st.integers(-3, 12),
    st.integers(-3, 12),
)
def test_streamed_stems_slice_like_an_array(
    stem: int | slice, channel: int | slice, start: int, stop: int
) -> None:
    array = np.arange(60.0).reshape(3, 2, 10)
    streamed = StreamedStems(tuple(held(one) for one in array))
    expected = array[stem, channel, start:stop]
    if not (isinstance(stem, slice) and not array[stem].size):  # no stem at all is no signal
        assert np.array_equal(streamed[stem, channel, start:stop], expected)


def test_streamed_stems_are_selected_without_reading() -> None:
    def read(start: int, stop: int) -> Array:
        raise AssertionError((start, stop))

    stems = StreamedStems((Streamed((2, 10), read), Streamed((2, 10), read)))

    assert stems.select([1]).shape == (1, 2, 10)
