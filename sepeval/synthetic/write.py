"""Writes generated music in the layouts of real datasets, so that their adapters read it.

    slakh2100           {split}/TrackNNNNN/{metadata.yaml, mix.flac, stems/Sxx.flac}
    slakh2100_22050     {split}/TrackNNNNN/{bass,drums,guitar,piano}.wav
    musdb18hq           {split}/{artist} - {title}/{mixture,drums,bass,other,vocals}.wav

All audio is 16 bit. Unless a fault is asked for, the mixture file is exactly the sum of all source
files. `synthetic.json` in the root holds the arguments: a dataset is written whole, then renamed,
and one that is already there with the same arguments is left as it is.

What differs from real data: there are no MIDI files, `integrated_loudness` holds an RMS level and
`overall_gain` is 1, because the music is balanced before it is summed.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sepeval.errors import DataError
from sepeval.synthetic.layouts import LAYOUTS
from sepeval.synthetic.music import PEAK, compose
from sepeval.synthetic.pathologies import STEREO_ONLY, Pathology, recorded

MARKER = "synthetic.json"
_VERSION = 1  # of the content; raised when the same arguments give other bytes
_SHORTEST = 100  # samples


@dataclass(frozen=True)
class Placement:
    """A fault, and where it is built in.

    Attributes:
        pathology: what is wrong.
        track: position of the track, from 0.
        stem: name of a stem, or `mixture`. In the original layout of Slakh2100 a stem stands for
            all of its sources, and `other` for the strings, which belong to no stem.
    """

    pathology: Pathology
    track: int
    stem: str


@dataclass(frozen=True)
class _Request:
    """Everything that decides the bytes of a dataset."""

    layout: str
    split: str
    tracks: int
    seconds: float
    seed: int
    pathologies: tuple[Placement, ...]
    version: int = _VERSION


def write_slakh2100(
    root: Path,
    *,
    tracks: int,
    seconds: float,
    seed: int,
    split: str = "test",
    pathologies: tuple[Placement, ...] = (),
) -> Path:
    """Write mono 44.1 kHz tracks in the original layout of Slakh2100.

    A track has one or two guitars and pianos, strings that belong to no stem, and a source that
    was never rendered and has no file. Ids count up from the first one of the official split.

    Args:
        root: folder of the dataset: new, empty, or written by the same call.
        tracks: number of tracks.
        seconds: mean duration; every track has its own, within 15 %.
        seed: not negative; decides all music and metadata.
        split: `train`, `validation` or `test`.
        pathologies: faults to build in. A missing stem has no sources.

    Returns:
        The root.

    Raises:
        DataError: the arguments make no dataset, something else is at the root, or it cannot be
            written.
    """
    return _written(root, _Request("slakh2100", split, tracks, seconds, seed, pathologies))


def write_slakh2100_22050(
    root: Path,
    *,
    tracks: int,
    seconds: float,
    seed: int,
    split: str = "test",
    pathologies: tuple[Placement, ...] = (),
) -> Path:
    """Write mono 22.05 kHz tracks in the four-stem layout of Slakh2100, without mixture files.

    Arguments, result and errors are those of `write_slakh2100`; a missing stem has no file, and
    no fault can be placed at the mixture.
    """
    return _written(root, _Request("slakh2100_22050", split, tracks, seconds, seed, pathologies))


def write_musdb18hq(
    root: Path,
    *,
    tracks: int,
    seconds: float,
    seed: int,
    split: str = "test",
    pathologies: tuple[Placement, ...] = (),
) -> Path:
    """Write stereo 44.1 kHz tracks with invented names in the layout of MUSDB18-HQ.

    Arguments, result and errors are those of `write_slakh2100`; the splits are `train` and
    `test`, and a missing stem or mixture has no file.
    """
    return _written(root, _Request("musdb18hq", split, tracks, seconds, seed, pathologies))


def _written(root: Path, request: _Request) -> Path:
    """Fill the root through a temporary folder beside it, unless it holds the same dataset."""
    _check(request)
    marker = json.dumps(asdict(request), indent=2, sort_keys=True) + "\n"
    try:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            return _reused(root, marker)
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent, prefix=f".{root.name}-") as scratch:
            whole = Path(scratch) / "dataset"
            for number in range(request.tracks):
                _write_track(whole, number, request)
            (whole / MARKER).write_text(marker, encoding="utf-8")
            if root.exists():
                root.rmdir()
            whole.rename(root)
    except OSError as error:
        raise DataError(f"{root}: the synthetic dataset cannot be written: {error}") from error
    return root


def _reused(root: Path, marker: str) -> Path:
    found = root / MARKER
    if not found.is_file():
        message = f"{root}: expected a new or empty folder for the synthetic dataset, found files"
        raise DataError(message)
    if found.read_text(encoding="utf-8") != marker:
        message = f"{found}: a synthetic dataset with other arguments is here; choose another root"
        raise DataError(message)
    return root


def _check(request: _Request) -> None:
    """Report every problem of a request in one error."""
    layout = LAYOUTS[request.layout]
    ids = layout.ids.get(request.split, ())
    problems = []
    if not ids:
        problems.append(f"no split {request.split!r}; known: {', '.join(layout.ids)}")
    elif not 1 <= request.tracks <= len(ids):
        problems.append(f"{request.tracks} tracks; {request.split} holds 1 to {len(ids)}")
    if not _SHORTEST <= request.seconds * layout.rate < np.inf:
        problems.append(f"{request.seconds} seconds are not {_SHORTEST} samples or more")
    if request.seed < 0:
        problems.append(f"seed {request.seed} is negative")
    for placed in request.pathologies:
        if not 0 <= placed.track < request.tracks:
            problems.append(f"{placed.pathology} at track {placed.track} of {request.tracks}")
        if placed.stem not in layout.stems:
            known = ", ".join(layout.stems)
            problems.append(f"{placed.pathology} at stem {placed.stem!r}; known: {known}")
        if placed.pathology in STEREO_ONLY and layout.channels != 2:
            problems.append(f"{placed.pathology} needs stereo; {request.layout} is mono")
    if problems:
        raise DataError(f"synthetic {request.layout}: {'; '.join(problems)}")


def _write_track(root: Path, number: int, request: _Request) -> None:
    layout = LAYOUTS[request.layout]
    name = layout.ids[request.split][number]
    key = zlib.crc32(f"{request.layout}/{request.split}/{name}".encode())
    generator = np.random.default_rng([request.seed, key])
    length = round(request.seconds * layout.rate * generator.uniform(0.85, 1.15))
    length += length % layout.rate == 0  # never whole seconds
    sources = layout.sources(generator)
    stems = tuple(source.stem for source in sources)
    music = compose(
        stems=stems,
        length=length,
        rate=layout.rate,
        channels=layout.channels,
        generator=generator,
    )
    placed = [fault for fault in request.pathologies if fault.track == number]
    faults = {
        stem: tuple(fault.pathology for fault in placed if fault.stem == stem)
        for stem in layout.stems
    }
    recording = recorded(music, stems, faults, peak=PEAK, generator=generator)
    folder = root / request.split / name
    folder.mkdir(parents=True)
    layout.write(folder, sources, recording, generator)
