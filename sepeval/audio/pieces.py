"""Audio files that are read piece by piece, from several threads, with the samples of `read`.

A WAV file is read in place, because each of its samples has a place that can be computed. Any
other file, and audio that was computed, is written to a temporary file once, in the smallest type
that holds it exactly: 16 bit integers for 16 bit, float32 for up to 24 bit and for float32, else
float64. The temporary file has no name, so that nothing is left behind by a process that dies; it
lies where `TMPDIR` says.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sepeval.audio.files import (
    check_finite,
    check_length,
    guarded,
    probe,
    stream_blocks,
)
from sepeval.audio.headers import refuse_unreadable, refuse_wrong_length
from sepeval.errors import DataError
from sepeval.types import Array, AudioFile, Streamed

if TYPE_CHECKING:
    import soundfile

_STEP = 1 << 17  # samples per channel that are decoded at a time
_IN_PLACE = ("WAV", "WAVEX")
_TYPES = {  # by encoding: the smallest type that holds it, and full scale in that type
    "PCM_16": ("int16", 32768.0),
    "PCM_S8": ("float32", 1.0),
    "PCM_U8": ("float32", 1.0),
    "PCM_24": ("float32", 1.0),
    "FLOAT": ("float32", 1.0),
}
_STREAM = ("int16", 32768.0)

Block = NDArray[Any]  # [sample channel], of the type in which samples are stored


class Opened(NamedTuple):
    """The signal of a file, unread, and its rate in Hz."""

    signal: Streamed
    rate: int


class Pieces:
    """Files and stored audio that stay readable until the context ends.

    What is opened twice is there once. A damaged file is found when it is opened.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._known: dict[AudioFile, Opened] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._known.clear()
        self._stack.close()

    def open(self, file: AudioFile) -> Opened:
        """Return a file's signal; its slices are the samples of `read`.

        Raises:
            DataError: as `read`, or there is no room for what must be decoded.
        """
        if file not in self._known:
            found = guarded(file, self._stream if file.stream is not None else self._file)
            self._known[file] = found
        return self._known[file]

    def store(self, blocks: Iterable[Array], *, channels: int, length: int) -> Streamed:
        """Return computed audio [channel sample], written to a temporary file block by block.

        Args:
            blocks: each [channel sample].
            channels: of all blocks.
            length: of all blocks together, in samples, as far as it is known.

        Raises:
            DataError: there is no room.
        """
        turned = (block.T for block in blocks)
        return self._stored(turned, channels, length, kind="float64", full=1.0)

    def _file(self, file: AudioFile) -> Opened:
        import soundfile

        refuse_unreadable(file)
        sound = self._stack.enter_context(soundfile.SoundFile(file.path))
        refuse_wrong_length(file, sound)
        kind, full = _TYPES.get(sound.subtype, ("float64", 1.0))
        if sound.format in _IN_PLACE:
            placed = _Placed(file, sound, Lock(), kind, full)
            signal = Streamed((sound.channels, sound.frames), placed.read)
            if kind != "int16":
                _check_all(file, signal)
            return Opened(signal, sound.samplerate)
        blocks = _decoded(file, sound, kind)
        signal = self._stored(blocks, sound.channels, sound.frames, kind=kind, full=full)
        return Opened(signal, sound.samplerate)

    def _stream(self, file: AudioFile) -> Opened:
        about = probe(file)
        kind, full = _STREAM
        blocks = (block.T for block in stream_blocks(file))
        signal = self._stored(blocks, about.channels, about.length, kind=kind, full=full)
        return Opened(signal, about.rate)

    def _stored(
        self, blocks: Iterable[Block], channels: int, length: int, *, kind: str, full: float
    ) -> Streamed:
        _refuse_too_little_room(channels * length * np.dtype(kind).itemsize)
        raw = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the stack closes it
        self._stack.enter_context(raw)
        frames = 0
        for block in blocks:
            data = np.ascontiguousarray(block, dtype=kind)
            _write_all(raw, data)
            frames += len(data)
        return Streamed((channels, frames), _Stored(raw, Lock(), channels, kind, full).read)


@dataclass(frozen=True, eq=False)
class _Placed:
    """A WAV file that is read where it lies."""

    file: AudioFile
    sound: soundfile.SoundFile
    lock: Lock
    kind: str
    full: float

    def read(self, start: int, stop: int) -> Array:
        """Return [channel sample]."""

        def act(file: AudioFile) -> Block:
            with self.lock:
                self.sound.seek(start)
                found = self.sound.read(stop - start, dtype=self.kind, always_2d=True)
            check_length(file, start + len(found), stop)
            return np.asarray(found)

        return _as_audio(guarded(self.file, act), self.full)


@dataclass(frozen=True, eq=False)
class _Stored:
    """Samples [sample channel] in a temporary file."""

    raw: BinaryIO
    lock: Lock
    channels: int
    kind: str
    full: float

    def read(self, start: int, stop: int) -> Array:
        """Return [channel sample]."""
        found = np.empty((stop - start, self.channels), self.kind)
        rest = found.reshape(-1).view(np.uint8).data
        with self.lock:
            self.raw.seek(start * self.channels * found.itemsize)
            while rest and (count := self.raw.readinto(rest)):  # type: ignore[attr-defined]  # raw
                rest = rest[count:]
        if rest:
            raise DataError(f"{tempfile.gettempdir()}: a temporary file of audio was cut short")
        return _as_audio(found, self.full)


def _as_audio(block: Block, full: float) -> Array:
    """Return [sample channel] of a stored type as [channel sample] with full scale at 1.0."""
    found = np.empty((block.shape[1], block.shape[0]))
    with np.errstate(invalid="ignore"):  # NaN is told by `check_finite`, with its place
        np.multiply(block.T, 1.0 / full, out=found)  # a power of two: exact
    return found


def _decoded(file: AudioFile, sound: soundfile.SoundFile, kind: str) -> Iterator[Block]:
    """Yield all samples of a file, checked, and refuse one that ends early."""
    done = 0
    while len(block := sound.read(_STEP, dtype=kind, always_2d=True)):
        check_finite(file, block.T, done)
        yield block
        done += len(block)
    check_length(file, done, sound.frames)


def _check_all(file: AudioFile, signal: Streamed) -> None:
    """Find what is damaged or not finite now, not in the middle of the work."""
    length = signal.shape[1]
    for start in range(0, length, _STEP):
        check_finite(file, signal.read(start, min(start + _STEP, length)), start)


def _write_all(raw: BinaryIO, data: Block) -> None:
    rest = data.reshape(-1).view(np.uint8).data
    try:
        while rest:
            rest = rest[raw.write(rest) :]
    except OSError as error:
        folder = tempfile.gettempdir()
        message = f"{folder}: cannot hold decoded audio: {error.strerror}; set TMPDIR"
        raise DataError(message) from error


def _refuse_too_little_room(size: int) -> None:
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    if size > free:
        message = (
            f"{folder}: {size / 1e9:.1f} GB of decoded audio must be stored here for a while, and "
            f"{free / 1e9:.1f} GB are free; set TMPDIR to a folder with more room"
        )
        raise DataError(message)
