"""Audio files as wholes.

WAV, FLAC and kin go through soundfile. Containers with several streams (`.stem.mp4`) go through
PyAV and are decoded to 16 bit, as musdb does through ffmpeg. Length and position are those of
ffmpeg. From FFmpeg 6.1 on the samples are the same bit for bit; 5.1 has another AAC transform,
which moves up to 3 samples in 10 000 by one step of 16 bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from sepeval.audio.headers import refuse_unreadable, refuse_wrong_length
from sepeval.errors import DataError
from sepeval.types import Array, AudioFile

if TYPE_CHECKING:
    import av
    import av.container
    import soundfile

_INT16 = 32768.0
_FLOAT_MAX = float(np.finfo(np.float32).max)
Result = TypeVar("Result")
ENCODINGS = {"PCM_16": 16, "PCM_24": 24, "FLOAT": None}  # bits of an integer format


class AudioInfo(NamedTuple):
    """What a file's header says: rate in Hz, channels, and length in samples per channel."""

    rate: int
    channels: int
    length: int


class Audio(NamedTuple):
    """Samples [channel sample], float64, full scale at 1.0, and their rate in Hz."""

    samples: Array
    rate: int


def probe(file: AudioFile) -> AudioInfo:
    """Return rate, channels and length from the header.

    Of a stream in a container the last frames are decoded, because its header is not exact. Damage
    inside a file is found by `read`.

    Raises:
        DataError: the file is missing, empty, no audio, or a WAV file that is truncated.
    """
    return guarded(file, _probe_stream if file.stream is not None else _probe_file)


def read(file: AudioFile) -> Audio:
    """Return all samples of a file, exactly as stored.

    Raises:
        DataError: the file is missing, empty, truncated, no audio, or holds NaN or infinity.
    """
    audio = guarded(file, _read_stream if file.stream is not None else _read_file)
    check_finite(file, audio.samples, 0)
    return audio


def check_finite(file: AudioFile, samples: NDArray[Any], start: int) -> None:
    """Refuse samples [channel sample], the first of which is sample `start` of the file.

    Raises:
        DataError: one is NaN or infinite.
    """
    if not np.isfinite(samples).all():
        bad = start + int(np.flatnonzero(~np.isfinite(samples).all(axis=0))[0])
        raise DataError(f"{file}: sample {bad} is NaN or infinite; audio must be finite")


def check_length(file: AudioFile, found: int, expected: int) -> None:
    """Refuse a file that ends before its header says.

    Raises:
        DataError: it does.
    """
    if found != expected:
        message = (
            f"{file}: truncated: the header says {expected} samples, {found} can be "
            "decoded; copy the file again"
        )
        raise DataError(message)


def write(path: Path, samples: Array, *, rate: int, encoding: str) -> None:
    """Write samples [channel sample] to WAV or FLAC, by the ending of the path.

    Equal samples give equal bytes. An integer encoding of b bits rounds to the nearest multiple
    of 2^(1 − b); 1.0 itself becomes the largest integer, one step below.

    Args:
        path: ends in `.wav` or `.flac`; the folder must exist.
        samples: [channel sample], full scale at 1.0.
        rate: in Hz.
        encoding: `PCM_16`, `PCM_24`, or `FLOAT` (32 bit, WAV only).

    Raises:
        DataError: samples are NaN or infinite, an integer encoding would clip, the encoding is
            unknown or does not fit the ending, or the file cannot be written.
    """
    import soundfile

    data = _encoded(path, samples, encoding)
    try:
        kind = path.suffix[1:].upper()  # soundfile finds none in a name such as `...wav`
        soundfile.write(path, data, rate, subtype=encoding, format=kind)
        if encoding == "FLOAT":
            _clear_peak_time(path)
    except soundfile.LibsndfileError as error:
        raise DataError(f"{path}: cannot be written: {_reason(error)}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}") from error


def _encoded(path: Path, samples: Array, encoding: str) -> NDArray[np.int32] | NDArray[np.float32]:
    """Return [sample channel], as integers with the top bits filled or as 32-bit floats."""
    ending = path.suffix.lower()
    if ending not in {".wav", ".flac"}:
        raise DataError(f"{path}: expected a name that ends in .wav or .flac")
    if encoding not in ENCODINGS or (ending == ".flac" and encoding == "FLOAT"):
        message = f"{path}: cannot hold {encoding!r}; known: {', '.join(ENCODINGS)}; FLAC: PCM"
        raise DataError(message)
    bits = ENCODINGS[encoding]
    peak = float(np.abs(samples).max(initial=0.0))
    if not peak <= _FLOAT_MAX:
        raise DataError(f"{path}: the samples hold NaN or infinity; audio must be finite")
    if bits is None:
        return samples.T.astype(np.float32)
    if peak > 1.0:
        message = f"{path}: peak {peak:.4f} would be clipped by {encoding}; write FLOAT instead"
        raise DataError(message)
    full = 2.0 ** (bits - 1)
    data = np.minimum(np.round(samples.T * full), full - 1).astype(np.int32)
    return np.left_shift(data, 32 - bits)


def _clear_peak_time(path: Path) -> None:
    """Zero the clock time that libsndfile puts into the PEAK chunk of a float WAV file."""
    with path.open("r+b") as raw:
        start = raw.read(128).find(b"PEAK")
        if start >= 0:
            raw.seek(start + 12)  # id, size and version, 4 bytes each, precede the time
            raw.write(bytes(4))


def guarded(file: AudioFile, action: Callable[[AudioFile], Result]) -> Result:
    """Run `action` and turn what codecs raise into one message."""
    import soundfile

    try:
        if not file.path.is_file():
            raise DataError(f"{file}: there is no such file")
        if file.path.stat().st_size == 0:
            raise DataError(f"{file}: the file is empty; copy or make it again")
        return action(file)
    except soundfile.LibsndfileError as error:
        message = f"{file}: cannot be decoded as audio: {_reason(error)}; copy the file again"
        raise DataError(message) from error
    except (OSError, ValueError, EOFError) as error:  # PyAV's errors derive from these three
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{file}: cannot be read: {reason}") from error
    except MemoryError as error:
        message = f"{file}: the header announces more audio than memory holds; copy the file again"
        raise DataError(message) from error


def _reason(error: soundfile.LibsndfileError) -> str:
    return str(error.error_string).removeprefix("Error : ").rstrip(".") or "unknown error"


def _probe_file(file: AudioFile) -> AudioInfo:
    import soundfile

    refuse_unreadable(file)
    info = soundfile.info(file.path)
    refuse_wrong_length(file, info)
    return AudioInfo(info.samplerate, info.channels, info.frames)


def _read_file(file: AudioFile) -> Audio:
    import soundfile

    refuse_unreadable(file)
    with soundfile.SoundFile(file.path) as sound:
        expected = sound.frames
        refuse_wrong_length(file, sound)
        samples = sound.read(dtype="float64", always_2d=True)
        rate = int(sound.samplerate)
    check_length(file, len(samples), expected)
    return Audio(np.ascontiguousarray(samples.T), rate)


def _open_stream(file: AudioFile) -> av.container.InputContainer:
    import av

    container = av.open(str(file.path.absolute()))  # FFmpeg takes `a:b.mp4` for a network address
    count = len(container.streams.audio)
    if file.stream is None or not 0 <= file.stream < count:
        container.close()
        raise DataError(f"{file}: holds {count} audio streams, numbered from 0")
    codec = container.streams.audio[file.stream].codec_context
    if codec is None or codec.sample_rate <= 0 or codec.channels <= 0:
        container.close()
        raise DataError(f"{file}: the stream is of no known kind; copy the file again")
    return container


def _probe_stream(file: AudioFile) -> AudioInfo:
    """Seek to the last frames: the duration in the header leaves out part of the last one."""
    with _open_stream(file) as container:
        stream = container.streams.audio[file.stream or 0]
        announced = _in_samples(file, stream, stream.duration)
        container.seek(stream.duration or 0, stream=stream)
        ends = [
            _in_samples(file, stream, frame.pts) + frame.samples
            for frame in container.decode(stream)
        ]
        length = max(ends, default=0) - _in_samples(file, stream, stream.start_time or 0)
        _refuse_truncated_stream(file, length, announced)
        return AudioInfo(stream.rate, stream.channels, length)


def _read_stream(file: AudioFile) -> Audio:
    with _open_stream(file) as container:
        rate = int(container.streams.audio[file.stream or 0].rate)
    samples = np.concatenate(list(stream_blocks(file)), axis=1)
    return Audio(samples.astype(np.float64) / _INT16, rate)


def stream_blocks(file: AudioFile) -> Iterator[NDArray[np.int16]]:
    """Yield the samples of a stream, [channel sample] of 16 bit, a frame of its codec at a time.

    Raises:
        DataError: the stream ends early.
    """
    import av

    with _open_stream(file) as container:
        stream = container.streams.audio[file.stream or 0]
        announced = _in_samples(file, stream, stream.duration)
        to_int16 = av.AudioResampler(format="s16p")
        length = 0
        for frame in chain(container.decode(stream), [None]):
            for part in to_int16.resample(frame):
                block = np.asarray(part.to_ndarray(), dtype=np.int16)
                length += block.shape[1]
                yield block
    _refuse_truncated_stream(file, length, announced)


def _in_samples(file: AudioFile, stream: av.AudioStream, ticks: int | None) -> int:
    if ticks is None or stream.time_base is None:
        raise DataError(f"{file}: the container does not say how long the stream is")
    return round(ticks * stream.time_base * stream.rate)


def _refuse_truncated_stream(file: AudioFile, length: int, announced: int) -> None:
    if length <= 0 or length < announced:
        message = (
            f"{file}: truncated: the header says {announced} samples, {length} can be decoded; "
            "copy the file again"
        )
        raise DataError(message)
