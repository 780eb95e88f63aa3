"""One JSON file of museval: the scores of one track.

    {"targets": [{"name": "vocals", "frames": [
        {"time": 0.0, "duration": 1.0, "metrics": {"SDR": 5.1, "SIR": 9.0, "ISR": 8.2, "SAR": 6.3}},
        ...]}, ...]}

`NaN` stands for a silent frame, for a frame without value and for infinity alike. A file is
untrusted: nothing in it names a path, and its size is looked at before it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sepeval.errors import DataError
from sepeval.interchange.problems import METRICS
from sepeval.texts import read_bytes
from sepeval.types import Array

_LARGEST = 64 << 20  # bytes; one hour of five targets takes 4 MB
_TOLERANCE_S = 1e-6  # of a time, against rounding
_WAY_OUT = "it is no JSON of museval, or it is damaged"


@dataclass(frozen=True)
class TrackDocument:
    """The scores of one track.

    Attributes:
        track: name of the file without its ending.
        sha256: of the file, 64 hexadecimal digits.
        version: of museval, as the file states it; empty if it does not.
        hop_s: from one frame to the next; None where there is one frame.
        length_s: of a frame.
        frames: number of frames; all targets have the same.
        targets: by name, [metric frame] in the order of `METRICS`, in dB; nan as in the file.
    """

    track: str
    sha256: str
    version: str
    hop_s: float | None
    length_s: float
    frames: int
    targets: Mapping[str, Array]


def read(path: Path) -> TrackDocument:
    """Return the scores in a file.

    Raises:
        DataError: the file cannot be read, is too large or no JSON of museval.
    """
    data = read_bytes(path, error=DataError, largest=_LARGEST)
    document = _parsed(path, data)
    fields = document if isinstance(document, dict) else {}
    found, version = fields.get("targets"), fields.get("museval_version")
    if not isinstance(found, list) or not found:
        raise DataError(f"{path}: has no list of targets; {_WAY_OUT}")
    named: dict[str, Array] = {}
    for target in found:
        name = target.get("name") if isinstance(target, dict) else None
        if not isinstance(name, str) or not name.isprintable():
            raise DataError(f"{path}: a target has no name; {_WAY_OUT}")
        if name in named:
            raise DataError(f"{path}: two targets are named {name!r}; {_WAY_OUT}")
        named[name] = _frames(f"{path}: target {name!r}", target.get("frames"))
    counts = {name: values.shape[1] for name, values in named.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise DataError(f"{path}: the targets have different numbers of frames: {listed}")
    hop_s, length_s = _grid(path, named)
    return TrackDocument(
        track=path.stem,
        sha256=hashlib.sha256(data).hexdigest(),
        version=version if isinstance(version, str) else "",
        hop_s=hop_s,
        length_s=length_s,
        frames=next(iter(counts.values())),
        targets={name: values[2:] for name, values in named.items()},
    )


def _parsed(path: Path, data: bytes) -> object:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text; {_WAY_OUT}") from error
    except RecursionError as error:
        raise DataError(f"{path}: is nested too deeply; {_WAY_OUT}") from error
    except ValueError as error:
        raise DataError(f"{path}: cannot be parsed: {error}; {_WAY_OUT}") from error


def _frames(where: str, frames: object) -> Array:
    """Return [time, duration and metrics; frame]."""
    if not isinstance(frames, list) or not frames:
        raise DataError(f"{where}: has no list of frames; {_WAY_OUT}")
    rows = []
    for number, frame in enumerate(frames):
        try:
            metrics = frame["metrics"]
            row = [frame["time"], frame["duration"], *(metrics[one] for one in METRICS.values())]
        except (TypeError, KeyError) as error:
            message = (
                f"{where}, frame {number}: has no time, duration and metrics "
                f"{', '.join(METRICS.values())}; {_WAY_OUT}"
            )
            raise DataError(message) from error
        strange = [one for one in row if type(one) not in (float, int)]
        if strange:
            message = f"{where}, frame {number}: {strange[0]!r} is no number; {_WAY_OUT}"
            raise DataError(message)
        rows.append(row)
    try:
        return np.array(rows, dtype=np.float64).T
    except OverflowError as error:
        raise DataError(f"{where}: a number is too large; {_WAY_OUT}") from error


def _grid(path: Path, targets: Mapping[str, Array]) -> tuple[float | None, float]:
    """Return hop and length in seconds; frames follow each other from the start on."""
    first = next(iter(targets.values()))
    length = float(first[1, 0])
    hop = float(first[0, 1]) if first.shape[1] > 1 else None
    wanted = np.arange(first.shape[1]) * (hop or 0.0)
    for name, values in targets.items():
        near = np.abs(values[0] - wanted) <= _TOLERANCE_S
        near &= np.abs(values[1] - length) <= _TOLERANCE_S
        if not near.all():
            at = int(np.argmin(near))
            message = (
                f"{path}: target {name!r}, frame {at}: lies at {values[0, at]} s and is "
                f"{values[1, at]} s long; expected {wanted[at]} s and {length} s"
            )
            raise DataError(message)
    return hop, length
