"""Listening to a split: every file is read once, and what audits need of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sepeval import audio
from sepeval.audits.base import Activity, Role, Sound, Split, Stem, Survey
from sepeval.errors import DataError
from sepeval.kernels.signal_facts import levels
from sepeval.kernels.signal_facts.likeness import bits, pitch_classes
from sepeval.types import Array, AudioFile, Index, Track

_MSDM = 1.5e-5  # ‖x‖₂ / n below which a window of multi-source diffusion models is silent
_RMS_DB = -60.0


def listen(index: Index, *, workers: int = 1, others: tuple[Split, ...] = ()) -> Split:
    """Return a split with what is heard of its tracks.

    Args:
        index: of the split.
        workers: processes that work on tracks.
        others: splits to compare with.
    """
    from joblib import Parallel, delayed

    count = max(1, min(workers, len(index.tracks)))
    surveys = Parallel(n_jobs=count)(delayed(survey)(track) for track in index.tracks)
    return Split(index, tuple(surveys), others)


def survey(track: Track) -> Survey:
    """Return what is heard of a track; a track that cannot be read says why."""
    nothing = np.zeros(0)
    if track.fault:
        blank = np.zeros((0, 12), np.int8)
        return Survey(
            track.id,
            track.fault,
            (),
            {},
            nothing,
            nothing,
            complete=False,
            likeness=blank,
            digest="",
        )
    try:
        return _survey(track)
    except DataError as error:
        blank = np.zeros((0, 12), np.int8)
        message = str(error)
        return Survey(
            track.id, message, (), {}, nothing, nothing, complete=False, likeness=blank, digest=""
        )


def _survey(track: Track) -> Survey:
    sounds: list[Sound] = []
    stems: dict[str, Stem] = {}
    total = np.zeros((track.channels, 0))
    for stem, files in track.stems.items():
        own = np.zeros((track.channels, 0))
        for file in files:
            own = _plus(own, _read("stem", stem, file, sounds))
        if files:
            stems[stem] = _stem(own, track.rate)
            total = _plus(total, own)
    others = tuple(_other_sources(track))
    for file in others:
        total = _plus(total, _read("source", "", file, sounds))
    mixture, remainder = np.zeros(0), np.zeros(0)
    heard = total
    if track.mixture is not None:
        heard = _read("mixture", "", track.mixture, sounds)
        mixture = np.einsum("cn,cn->c", heard, heard)
        rest = _plus(heard, -total)
        remainder = np.einsum("cn,cn->c", rest, rest)
    return Survey(
        track=track.id,
        error="",
        sounds=tuple(sounds),
        stems=stems,
        mixture=mixture,
        remainder=remainder,
        complete=_is_whole(track, others),
        likeness=bits(pitch_classes(heard.mean(axis=0), rate=track.rate)),
        digest=levels(heard).digest,
    )


def _read(role: Role, stem: str, file: AudioFile, sounds: list[Sound]) -> Array:
    found = audio.read(file)
    sounds.append(Sound(role, stem, file, found.rate, levels(found.samples)))
    return found.samples


def _plus(one: Array, other: Array) -> Array:
    """Return the sum of two signals [channel sample], the shorter filled with zeros."""
    if one.shape[1] < other.shape[1]:
        one, other = other, one
    total = one.copy()
    total[:, : other.shape[1]] += other
    return total


def _stem(signal: Array, rate: int) -> Stem:
    pair = signal[:2]
    together = pair.sum(axis=0)
    apart = pair[0] - pair[1] if len(pair) > 1 else np.zeros(0)
    return Stem(
        levels=levels(signal),
        together=float(together @ together),
        apart=float(apart @ apart),
        activity=tuple(_activity(signal, rate)),
    )


def _activity(signal: Array, rate: int) -> Iterator[Activity]:
    """Count silent windows by the rules of the papers; a tail shorter than a window is left out."""
    channels = len(signal)
    energy = _energies(signal, rate)
    four = energy[:-3] + energy[1:-2] + energy[2:-1] + energy[3:] if len(energy) > 3 else energy[:0]
    four = four[::2]
    quiet = np.sqrt(four) / (4 * rate) < _MSDM
    yield Activity("‖x‖/n < 1.5e-5 in 4 s windows, hop 2 s", int(quiet.sum()), len(four))
    zero = _energies(signal.sum(axis=0, keepdims=True), rate) == 0
    yield Activity("sum of channels all zero in 1 s", int(zero.sum()), len(zero))
    limit = 10.0 ** (_RMS_DB / 10.0) * rate * channels
    quiet = energy < limit
    yield Activity(f"RMS below {_RMS_DB:.0f} dBFS in 1 s", int(quiet.sum()), len(energy))


def _energies(signal: Array, rate: int) -> Array:
    seconds = signal.shape[1] // rate
    cut = signal[:, : seconds * rate].reshape(len(signal), seconds, rate)
    found: Array = np.einsum("ctn,ctn->t", cut, cut)
    return found


def _other_sources(track: Track) -> Iterator[AudioFile]:
    """Yield the files of a Slakh2100 track that belong to no stem; they lie beside the others."""
    folder = _sources_folder(track)
    if folder is None or track.mixture is None:
        return
    known = {file.path for files in track.stems.values() for file in files}
    for path in sorted(folder.glob(f"*{track.mixture.path.suffix}")):
        if path not in known:
            yield AudioFile(path)


def _is_whole(track: Track, others: tuple[AudioFile, ...]) -> bool:
    """Return whether the files beside the mixture are all that it is made of."""
    return bool(others) or _sources_folder(track) is not None or not track.missing


def _sources_folder(track: Track) -> Path | None:
    if track.mixture is None:
        return None
    folder = track.mixture.path.parent / "stems"
    return folder if folder.is_dir() else None
