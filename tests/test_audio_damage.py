"""Every file that is damaged, missing or no audio gets one message that names it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sepeval import audio
from sepeval.errors import DataError
from sepeval.types import AudioFile
from tests.miniatures import musdb18, noise
from tests.miniatures.wav import EXTENSIBLE, LIST, PCM, wav


def _integers(*, channels: int = 2, length: int = 100) -> NDArray[np.int16]:
    return (noise(7, channels=channels, length=length) * 32768).astype(np.int16)


def _file(path: Path, content: bytes) -> AudioFile:
    path.write_bytes(content)
    return AudioFile(path)


def _both_refuse(file: AudioFile, words: str) -> None:
    for look in (audio.probe, audio.read):
        with pytest.raises(DataError) as error:
            look(file)
        assert str(file) in str(error.value)
        assert words in str(error.value)


def _flac(path: Path, *, total: int | None = None, length: int = 20000) -> AudioFile:
    """Write a FLAC file whose header announces `total` samples."""
    audio.write(path, noise(3, channels=2, length=length), rate=8000, encoding="PCM_16")
    content = bytearray(path.read_bytes())
    if total is not None:
        field = int.from_bytes(content[18:26], "big") >> 36 << 36  # the lower 36 bits are the total
        content[18:26] = (field | total).to_bytes(8, "big")
    return _file(path, bytes(content))


@pytest.mark.parametrize("kind", [PCM, EXTENSIBLE])
@pytest.mark.parametrize("cut", [1, 2, 4, 399])
def test_a_truncated_wav_file_is_refused(tmp_path: Path, kind: int, cut: int) -> None:
    content = wav(_integers(), kind=kind)

    _both_refuse(
        _file(tmp_path / "x.wav", content[:-cut]),
        f"the header says 400 bytes of audio, {400 - cut} are there; copy the file again",
    )


def test_a_wav_file_whose_writer_was_interrupted_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path / "x.wav", wav(_integers(), size=0))

    _both_refuse(file, "unfinished: the header says 0 bytes of audio, 400 are there")


def _with_sizes(content: bytes, *, data: int) -> bytearray:
    """The header says so many bytes of audio, and a whole to match."""
    found, at = bytearray(content), content.index(b"data")
    found[at + 4 : at + 8] = data.to_bytes(4, "little")
    found[4:8] = (at + data).to_bytes(4, "little")
    return found


@pytest.mark.parametrize("tail", [b"", b"TAG", b"\0" * 5000, LIST])
def test_a_wav_file_that_goes_on_after_its_end_is_refused(tmp_path: Path, tail: bytes) -> None:
    content = _with_sizes(wav(_integers()), data=200) + tail

    _both_refuse(
        _file(tmp_path / "x.wav", bytes(content)),
        f"it says 244 bytes in all, 200 of them audio, and the file has {len(content)}",
    )


def test_wav_files_that_follow_each_other_in_one_file_are_refused(tmp_path: Path) -> None:
    _both_refuse(_file(tmp_path / "x.wav", wav(_integers()) * 2), "and the file has 888")


@pytest.mark.parametrize(
    "tail",
    [LIST, b"id3 \2\0\0\0ab", b"TAG" + b"x" * 125, b"ID3" + b"\3" * 90, b"\0" * 4096, b"abc"],
)
def test_tags_and_padding_may_follow_a_wav_file(tmp_path: Path, tail: bytes) -> None:
    file = _file(tmp_path / "x.wav", wav(_integers()) + tail)

    assert audio.read(file).samples.shape == (2, 100)


def test_a_wav_file_without_samples_is_refused(tmp_path: Path) -> None:
    _both_refuse(_file(tmp_path / "x.wav", wav(_integers(length=0))), "holds no samples")


@pytest.mark.parametrize("length", [1, 11, 12, 20, 35, 40])
def test_half_a_wav_header_is_refused(tmp_path: Path, length: int) -> None:
    _both_refuse(_file(tmp_path / "x.wav", wav(_integers())[:length]), "cannot be decoded")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_flac_file_is_refused(tmp_path: Path, share: float) -> None:
    content = _flac(tmp_path / "x.flac").path.read_bytes()
    file = _file(tmp_path / "x.flac", content[: int(len(content) * share)])

    with pytest.raises(DataError, match=r"x\.flac: .*(cannot be decoded|truncated).*copy the file"):
        audio.read(file)


@pytest.mark.parametrize("total", [20001, 1 << 35])
def test_a_flac_file_that_announces_too_much_is_refused(tmp_path: Path, total: int) -> None:
    file = _flac(tmp_path / "x.flac", total=total)

    with pytest.raises(DataError, match=r"x\.flac: .*copy the file again"):
        audio.read(file)


def test_a_damaged_flac_file_is_refused(tmp_path: Path) -> None:
    content = bytearray(_flac(tmp_path / "x.flac").path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 50] = bytes(50)

    with pytest.raises(DataError, match="cannot be decoded as audio"):
        audio.read(_file(tmp_path / "x.flac", bytes(content)))


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.mp3", "x.txt", "x"])
def test_a_file_that_is_no_audio_is_refused(tmp_path: Path, name: str) -> None:
    garbage = np.random.default_rng(0).integers(0, 256, 999, dtype=np.uint8).tobytes()

    _both_refuse(_file(tmp_path / name, garbage), "cannot be decoded as audio")


@pytest.mark.parametrize("stream", [None, 0])
def test_an_empty_file_is_refused(tmp_path: Path, stream: int | None) -> None:
    (tmp_path / "x.wav").touch()

    _both_refuse(AudioFile(tmp_path / "x.wav", stream), "the file is empty")


@pytest.mark.parametrize("stream", [None, 0])
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, stream: int | None) -> None:
    _both_refuse(AudioFile(tmp_path / "x.wav", stream), "there is no such file")
    _both_refuse(AudioFile(tmp_path, stream), "there is no such file")
    _both_refuse(AudioFile(tmp_path / ("x" * 300), stream), "File name too long")


def test_audio_without_a_header_is_refused(tmp_path: Path) -> None:
    _both_refuse(_file(tmp_path / "x.raw", bytes(100)), "has no header")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused_with_their_place(tmp_path: Path, value: float) -> None:
    import soundfile

    samples = np.zeros((50, 2), np.float32)
    samples[[30, 40], 1] = value
    soundfile.write(tmp_path / "x.wav", samples, 8000, subtype="FLOAT")

    with pytest.raises(DataError, match=r"x\.wav: sample 30 is NaN or infinite"):
        audio.read(AudioFile(tmp_path / "x.wav"))


def test_a_flac_file_that_was_written_to_a_pipe_is_refused(tmp_path: Path) -> None:
    _both_refuse(_flac(tmp_path / "x.flac", total=0), "does not say how long it is; write it again")


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stem") / "x.stem.mp4"
    musdb18.write_track(path, length=30000)
    return path


@pytest.mark.parametrize("stream", [5, -1, 99])
def test_a_missing_stream_is_refused(container: Path, stream: int) -> None:
    _both_refuse(AudioFile(container, stream), "holds 5 audio streams, numbered from 0")


def test_a_container_that_is_none_is_refused(tmp_path: Path) -> None:
    _both_refuse(AudioFile(_file(tmp_path / "x.stem.mp4", b"garbage" * 99).path, 0), "cannot be")


def test_a_container_that_is_cut_anywhere_is_refused(container: Path, tmp_path: Path) -> None:
    content = container.read_bytes()

    for share in np.linspace(0.02, 0.9, 12):
        file = _file(tmp_path / "x.stem.mp4", content[: int(len(content) * share)])
        with pytest.raises(DataError, match=r"x\.stem\.mp4 \(stream 4\): "):
            audio.read(AudioFile(file.path, 4))
