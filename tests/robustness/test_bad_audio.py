"""Damaged audio: an error, or the signal that was meant; never a shorter or another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepeval import audio
from sepeval.types import Array, AudioFile
from tests.miniatures import musdb18, noise
from tests.miniatures.wav import EXTENSIBLE, LIST, wav
from tests.robustness.damage import damaged, ends_well, refused_or, rounds

pytestmark = pytest.mark.robustness
RATE = 8000  # Hz
LENGTH = 500
FLOAT_OR_INTEGER = 8 * 20 + 1  # the bit that tells 32-bit floats from integers; both are possible


def _samples(length: int = LENGTH) -> Array:
    return noise(1, channels=2, length=length)


def _written(path: Path, **options: str) -> None:
    soundfile.write(path, _samples().T, RATE, **options)


def _by_hand(path: Path, **options: int | bytes) -> None:
    path.write_bytes(wav((_samples() * 32768).astype(np.int16), **options))  # type: ignore[arg-type]


FORMATS: dict[str, Callable[[Path], None]] = {
    "16 bit.wav": _by_hand,
    "extensible.wav": lambda path: _by_hand(path, kind=EXTENSIBLE),
    "parts.wav": lambda path: _by_hand(path, before=LIST + b"\0", after=LIST + b"\0"),
    "24 bit.wav": lambda path: _written(path, subtype="PCM_24"),
    "float.wav": lambda path: _written(path, subtype="FLOAT"),
    "double.wav": lambda path: _written(path, subtype="DOUBLE"),
    "long.wav": lambda path: _written(path, subtype="PCM_16", format="RF64"),
    "16 bit.flac": lambda path: _written(path, subtype="PCM_16"),
    "24 bit.flac": lambda path: _written(path, subtype="PCM_24"),
}


class Signal:
    """What a file gives by each of the three ways to read it; None where it is refused."""

    def __init__(self, file: AudioFile) -> None:
        self.header = refused_or(lambda: audio.probe(file))
        self.whole = ends_well("audio", lambda: audio.read(file))
        self.pieces = refused_or(lambda: _in_pieces(file))

    @property
    def facts(self) -> tuple[int, int, int] | None:
        return self.whole and (self.whole.rate, *self.whole.samples.shape)


def _in_pieces(file: AudioFile) -> audio.Audio:
    with audio.Pieces() as pieces:
        found = pieces.open(file)
        length = found.signal.shape[1]
        parts = [found.signal.read(at, min(at + 97, length)) for at in range(0, length, 97)]
        return audio.Audio(np.concatenate(parts, axis=1), found.rate)


def _agree(found: Signal) -> None:
    """All ways to read a file give the same, or refuse it."""
    assert (found.whole is None) == (found.pieces is None)
    if found.whole is not None and found.pieces is not None:
        assert found.whole.rate == found.pieces.rate
        assert np.array_equal(found.whole.samples, found.pieces.samples)
        assert found.header is not None
        assert tuple(found.header) == found.facts


def _same(found: Signal, meant: Signal) -> bool:
    assert found.whole is not None
    assert meant.whole is not None
    same_rate = found.whole.rate == meant.whole.rate
    return same_rate and np.array_equal(found.whole.samples, meant.whole.samples)


def _spoil(path: Path, contents: Iterator[bytes], stream: int | None = None) -> Iterator[Signal]:
    spoiled = path.with_name("x." + path.name.partition(".")[2])
    for content in contents:
        spoiled.write_bytes(content)
        yield Signal(AudioFile(spoiled, stream))


@pytest.mark.parametrize("name", FORMATS)
def test_damage_gives_an_error_or_a_signal_of_the_same_shape(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    FORMATS[name](path)
    content = path.read_bytes()
    meant = Signal(AudioFile(path))

    for found in _spoil(path, damaged(content, rounds(500), head=120)):
        _agree(found)
        assert found.whole is None or found.facts == meant.facts


@pytest.mark.parametrize("name", [name for name in FORMATS if name.endswith(".wav")])
def test_damage_to_a_header_gives_an_error_or_the_same_samples(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    FORMATS[name](path)
    content = path.read_bytes()
    meant = Signal(AudioFile(path))
    start = content.index(b"data") + 8
    heads = damaged(content[:start], rounds(900), seed=1)

    for found in _spoil(path, (one + content[start:] for one in heads if len(one) == start)):
        _agree(found)
        assert found.whole is None or _same(found, meant)


@pytest.mark.parametrize("name", FORMATS)
def test_no_bit_of_a_header_changes_the_signal_unseen(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    FORMATS[name](path)
    content = path.read_bytes()
    meant = Signal(AudioFile(path))
    end = content.index(b"data") + 8 if name.endswith(".wav") else 42  # 42: of STREAMINFO
    step = 1 if rounds(8) > 1 else 7

    def flipped() -> Iterator[bytes]:
        for place in range(0, 8 * end, step):
            if (name, place) != ("float.wav", FLOAT_OR_INTEGER):
                spoiled = bytearray(content)
                spoiled[place // 8] ^= 1 << place % 8
                yield bytes(spoiled)

    for found in _spoil(path, flipped()):
        _agree(found)
        assert found.whole is None or _same(found, meant)


@pytest.mark.parametrize("share", np.linspace(0.0, 0.999, rounds(40)))
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_ends_early_is_refused(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    FORMATS[name](path)
    content = path.read_bytes()
    reach = content.index(b"data") + 8 + 4 * LENGTH if name == "parts.wav" else len(content)

    (found,) = _spoil(path, iter([content[: int(reach * share)]]))

    assert found.whole is found.pieces is None


def test_damage_to_a_container_gives_an_error_or_a_signal_of_the_same_shape(tmp_path: Path) -> None:
    path = tmp_path / "x y.stem.mp4"
    musdb18.write_track(path, length=3000)
    content = path.read_bytes()
    meant = Signal(AudioFile(path, 1))
    start = content.index(b"moov") - 4

    heads = (content[:start] + one for one in damaged(content[start:], rounds(500)))
    for found in _spoil(path, damaged(content, rounds(500)), 1):
        _agree(found)
        assert found.whole is None or found.facts == meant.facts
    for found in _spoil(path, heads, 1):
        _agree(found)
        assert found.whole is None or found.facts == meant.facts
