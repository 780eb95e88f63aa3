"""Audio is read and written exactly, whatever program wrote the header."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sepeval import audio
from sepeval.errors import DataError
from sepeval.types import Array, AudioFile
from tests.miniatures import musdb18, noise
from tests.miniatures.wav import EXTENSIBLE, LIST, PCM, wav

DATA = Path(os.environ.get("SEPEVAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
SAMPLE = DATA / "musdb18-sample/MUSDB18-7-SAMPLE/train/Music Delta - 80s Rock.stem.mp4"


def _integers(*, channels: int = 2, length: int = 100) -> NDArray[np.int16]:
    return (noise(7, channels=channels, length=length) * 32768).astype(np.int16)


def _file(path: Path, content: bytes) -> AudioFile:
    path.write_bytes(content)
    return AudioFile(path)


@pytest.mark.parametrize("ending", [".wav", ".flac"])
@pytest.mark.parametrize(("encoding", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
def test_every_integer_comes_back(tmp_path: Path, ending: str, encoding: str, bits: int) -> None:
    full = 2 ** (bits - 1)
    edges = [-full, 1 - full, -1, 0, 1, full - 1]
    random = np.random.default_rng(1).integers(-full, full, 994)
    samples = np.array([[*edges, *random], [*random, *edges]]) / full
    path = tmp_path / f"x{ending}"

    audio.write(path, samples, rate=22050, encoding=encoding)
    found = audio.read(AudioFile(path))

    assert np.array_equal(found.samples, samples)
    assert found.rate == 22050
    assert found.samples.dtype == np.float64
    assert audio.probe(AudioFile(path)) == (22050, 2, 1000)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_every_32_bit_float_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.mktemp("float") / "x.wav"
    samples = np.array([values])

    audio.write(path, samples, rate=8000, encoding="FLOAT")

    assert np.array_equal(audio.read(AudioFile(path)).samples, samples)


def test_a_value_between_two_steps_is_rounded_to_the_nearer(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"

    audio.write(path, np.array([[0.4, 0.6, -0.6]]) / 32768, rate=8000, encoding="PCM_16")

    assert audio.read(AudioFile(path)).samples.tolist() == [[0.0, 1 / 32768, -1 / 32768]]


def test_full_scale_is_stored_as_the_largest_integer(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"

    audio.write(path, np.array([[1.0, -1.0]]), rate=8000, encoding="PCM_16")

    assert audio.read(AudioFile(path)).samples.tolist() == [[32767 / 32768, -1.0]]


def test_equal_samples_give_equal_bytes_at_any_time(tmp_path: Path) -> None:
    audio.write(tmp_path / "x.wav", np.full((1, 9), 0.5), rate=8000, encoding="FLOAT")
    content = (tmp_path / "x.wav").read_bytes()

    peak = content.index(b"PEAK")

    assert content[peak + 12 : peak + 16] == bytes(4)  # where libsndfile puts the clock time


def test_writing_leaves_its_argument_alone(tmp_path: Path) -> None:
    samples = noise(1, channels=2, length=50)
    before = samples.copy()

    for encoding in audio.ENCODINGS:
        audio.write(tmp_path / "x.wav", samples, rate=8000, encoding=encoding)

    assert np.array_equal(samples, before)


@pytest.mark.parametrize("encoding", ["PCM_16", "PCM_24"])
def test_an_integer_encoding_refuses_to_clip(tmp_path: Path, encoding: str) -> None:
    samples = np.array([[0.0, -1.5]])

    with pytest.raises(DataError, match=rf"peak 1\.5000 would be clipped by {encoding}; write FL"):
        audio.write(tmp_path / "x.wav", samples, rate=8000, encoding=encoding)
    assert not (tmp_path / "x.wav").exists()

    audio.write(tmp_path / "x.wav", samples, rate=8000, encoding="FLOAT")
    assert np.array_equal(audio.read(AudioFile(tmp_path / "x.wav")).samples, samples)


@pytest.mark.parametrize("encoding", audio.ENCODINGS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_nan_and_infinity_are_not_written(tmp_path: Path, encoding: str, value: float) -> None:
    with pytest.raises(DataError, match="must be finite"):
        audio.write(tmp_path / "x.wav", np.array([[0.0, value]]), rate=8000, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "encoding", "words"),
    [
        ("x.flac", "FLOAT", "cannot hold 'FLOAT'"),
        ("x.wav", "PCM_U8", "cannot hold 'PCM_U8'"),
        ("x.mp3", "PCM_16", r"ends in \.wav or \.flac"),
        ("x", "PCM_16", r"ends in \.wav or \.flac"),
        ("none/x.wav", "PCM_16", "cannot be written"),
        ("none/x.wav", "FLOAT", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(
    tmp_path: Path, name: str, encoding: str, words: str
) -> None:
    with pytest.raises(DataError, match=words) as error:
        audio.write(tmp_path / name, np.zeros((1, 4)), rate=8000, encoding=encoding)
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("encoding", ["PCM_16", "FLOAT"])
def test_a_full_disk_is_said(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "x.wav").symlink_to("/dev/full")

    with pytest.raises(DataError, match="cannot be written"):
        audio.write(tmp_path / "x.wav", np.zeros((1, 9999)), rate=8000, encoding=encoding)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (PCM, b"", b""),
        (EXTENSIBLE, b"", b""),
        (PCM, LIST, b""),
        (PCM, b"junk" + struct.pack("<I", 3) + b"abc\0", b""),
        (PCM, b"", LIST),
        (EXTENSIBLE, b"fact" + struct.pack("<II", 4, 100), b"id3 " + struct.pack("<I", 2) + b"xy"),
    ],
)
def test_wav_headers_of_other_programs_are_read(
    tmp_path: Path, kind: int, before: bytes, after: bytes
) -> None:
    samples = _integers()
    file = _file(tmp_path / "x.wav", wav(samples, kind=kind, before=before, after=after))

    assert np.array_equal(audio.read(file).samples, samples / 32768)
    assert audio.probe(file) == (8000, 2, 100)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_file_that_was_written_to_a_pipe_is_read(tmp_path: Path, size: int) -> None:
    samples = _integers()
    file = _file(tmp_path / "x.wav", wav(samples, size=size))

    assert np.array_equal(audio.read(file).samples, samples / 32768)
    assert audio.probe(file) == (8000, 2, 100)


def test_one_sample_is_audio(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.wav", wav(_integers(channels=1, length=1)))

    assert audio.read(file).samples.shape == (1, 1)
    assert audio.probe(file).length == 1


def test_the_ending_of_a_name_does_not_decide(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.flac", wav(_integers()))

    assert audio.probe(file).length == 100


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stem") / "x.stem.mp4"
    musdb18.write_track(path, length=30000)
    return path


def _rms(samples: Array) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def test_streams_are_told_apart(container: Path) -> None:
    levels = [_rms(audio.read(AudioFile(container, stream)).samples) for stream in range(5)]

    assert np.allclose(np.array(levels) / levels[0], [1, 0.2, 0.4, 0.6, 0.8], rtol=0.1)


def test_the_header_of_a_stream_says_what_is_decoded(container: Path) -> None:
    for stream in range(5):
        found = audio.read(AudioFile(container, stream))

        assert audio.probe(AudioFile(container, stream)) == (44100, 2, found.samples.shape[1])
        assert np.array_equal(found.samples * 32768, np.round(found.samples * 32768))


def test_a_name_with_a_colon_is_no_address(
    container: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "AC:DC - x.stem.mp4").write_bytes(container.read_bytes())
    monkeypatch.chdir(tmp_path)

    assert audio.probe(AudioFile(Path("AC:DC - x.stem.mp4"), 0)).rate == 44100


@pytest.mark.data
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the MUSDB18 sample is not here")
def test_a_real_track_is_as_long_as_ffmpeg_decodes_it() -> None:
    for stream in range(5):
        # `ffmpeg -i X -map 0:k -f s16le -` gives so many; the header says 299 880
        assert audio.probe(AudioFile(SAMPLE, stream)) == (44100, 2, 300032)
        assert audio.read(AudioFile(SAMPLE, stream)).samples.shape == (2, 300032)
