"""What is asked of a header before it is believed.

libsndfile plays what it can: it shortens the signal where a size is wrong, and takes a rate that
the rest of the header contradicts. A score of such a signal would be wrong in silence, so a header
that disagrees with itself or with its file is refused. Two headers of which neither is wrong cannot
be told apart: 32-bit integers whose format number says float, or damage to samples.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn

from sepeval.audio.flac_length import disagreement
from sepeval.errors import DataError
from sepeval.types import AudioFile

if TYPE_CHECKING:
    import soundfile

_STREAMED = (0x7FFFF000, 0xFFFFFFFF)  # sizes that sox and ffmpeg write when they cannot seek
_UNKNOWN_LENGTH = 1 << 62  # libsndfile answers 2⁶³ − 1 for a FLAC stream of unknown length
_DENSEST = 8192  # samples per byte; silence in FLAC comes to 5000
_BITS = {1: range(1, 33), 3: (32, 64), 6: (8,), 7: (8,), 0xFFFE: range(1, 65)}  # by format number
_ONCE = (b"data", b"RIFF", b"RF64")  # parts that a file has once
_TAGS = (b"TAG", b"ID3", b"APETAGEX")  # of players, which some write after the end
_PADDING = 4096  # zeros with which some systems fill a file up
_DISAGREES = "should be"  # how libsndfile notes a size that is not that of the file


class _Chunk(NamedTuple):
    """A part of a WAV file: its name, where its content begins, and the length it claims."""

    name: bytes
    start: int
    length: int

    @property
    def stop(self) -> int:
        """Where the next one begins."""
        return self.start + self.length + self.length % 2


def refuse_unreadable(file: AudioFile) -> None:
    """Find what libsndfile passes over: raw audio, and a WAV file whose header is damaged.

    Raises:
        DataError: the file is such a one.
    """
    if file.path.suffix.lower() == ".raw":
        raise DataError(f"{file}: has no header, so its rate is unknown; convert it to WAV")
    with file.path.open("rb") as raw:
        size = raw.seek(0, os.SEEK_END)
        raw.seek(0)
        head = raw.read(12)
        if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
            return
        end, claimed, block = 8 + int.from_bytes(head[4:8], "little"), 0, 0
        while (chunk := _chunk(raw, size)) is not None:
            if chunk.name == b"ds64":  # sizes that do not fit into 32 bits
                content = raw.read(16).ljust(16, b"\0")
                end, claimed = struct.unpack("<QQ", content)
                end += 8
            if chunk.name == b"fmt ":
                content = raw.read(min(chunk.length, 40))
                _check_format(file, content)
                block = int.from_bytes(content[12:14], "little")
            if chunk.name == b"data":
                is_long = head[:4] == b"RF64" and chunk.length == _STREAMED[1]
                data = chunk._replace(length=claimed) if is_long else chunk
                _check_length(file, data, size)
                _check_rest(file, raw, data, end, size, block)
                return
            raw.seek(chunk.stop)


def refuse_wrong_length(
    file: AudioFile,
    sound: soundfile.SoundFile | soundfile._SoundFileInfo,  # as `soundfile.info` returns it
) -> None:
    """Refuse a header that does not say how many samples there are, or more than there can be.

    Raises:
        DataError: it does so.
    """
    length = sound.frames
    if length > _UNKNOWN_LENGTH:
        message = (
            f"{file}: was written to a pipe, so its header does not say how long it is; write it "
            "again to a file"
        )
        raise DataError(message)
    if length <= 0:
        raise DataError(f"{file}: holds no samples; copy or make it again")
    size = file.path.stat().st_size
    if length > size * _DENSEST:
        message = (
            f"{file}: the header announces {length} samples in {size} bytes; copy the file again"
        )
        raise DataError(message)
    if reason := disagreement(file.path):
        raise DataError(f"{file}: truncated or damaged: {reason}; copy the file again")
    notes = [] if sound.format in ("WAV", "WAVEX") else sound.extra_info.splitlines()
    wrong = next((line for line in notes if _DISAGREES in line), None)
    if wrong is not None:
        message = (
            f"{file}: truncated: the header says {' '.join(wrong.split())}; copy the file again"
        )
        raise DataError(message)


def _chunk(raw: BinaryIO, size: int) -> _Chunk | None:
    """Return the part that begins here; None at the end of the file."""
    head = raw.read(8)
    if len(head) < 8 or raw.tell() > size:
        return None
    name, length = struct.unpack("<4sI", head)
    return _Chunk(name, raw.tell(), length)


def _check_format(file: AudioFile, content: bytes) -> None:
    """Refuse a format whose numbers contradict each other."""
    if len(content) < 16:
        return  # libsndfile refuses it
    kind, channels, rate, per_second, per_frame, bits = struct.unpack("<HHIIHH", content[:16])
    if kind not in _BITS:
        return
    sizes = [channels * -(-bits // 8), channels * 4 if bits == 24 else 0]  # 24 bits may lie in 32
    fits = bits in _BITS[kind] and per_frame in sizes and per_second == rate * per_frame
    if not fits or not per_frame:
        _refuse(
            file,
            f"{channels} channels of {bits} bits at {rate} Hz, {per_frame} bytes per sample and "
            f"{per_second} per second do not fit",
        )


def _check_length(file: AudioFile, data: _Chunk, size: int) -> None:
    left = size - data.start
    if data.length not in _STREAMED and (data.length > left or data.length == 0 < left):
        message = (
            f"{file}: truncated or unfinished: the header says {data.length} bytes of audio, "
            f"{left} are there; copy the file again"
        )
        raise DataError(message)


def _check_rest(
    file: AudioFile, raw: BinaryIO, data: _Chunk, end: int, size: int, block: int
) -> None:
    """Refuse a length of the audio after which the file does not go on as WAV files do."""
    if data.length in _STREAMED:
        return
    claimed = end if data.stop <= end <= size else size
    place = _after_parts(raw, data.stop, claimed, size)
    if place < claimed:
        _refuse(file, f"it says {data.length} bytes of audio, and no part begins after them")
    raw.seek(place)
    after = raw.read(_PADDING + 1)
    is_tag = after.startswith(_TAGS)
    is_padding = len(after) <= (block if any(after) else _PADDING)
    if not is_tag and not is_padding and _after_parts(raw, place, size, size) < size:
        _refuse(
            file,
            f"it says {claimed} bytes in all, {data.length} of them audio, and the file has {size}",
        )


def _after_parts(raw: BinaryIO, place: int, end: int, size: int) -> int:
    """Return where no part begins any more: at the end, or before what is none."""
    while place < end:
        raw.seek(place)
        chunk = _chunk(raw, size)
        is_plain = chunk is not None and chunk.name.isascii() and chunk.name.decode().isprintable()
        if chunk is None or not is_plain or chunk.name in _ONCE or chunk.stop > end + 1:
            return place
        place = chunk.stop
    return place


def _refuse(file: AudioFile, reason: str) -> NoReturn:
    message = f"{file}: the header is damaged: {reason}; copy the file again"
    raise DataError(message)
