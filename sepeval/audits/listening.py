"""Listening to a split: every file is read once, and what audits need of it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from sepeval import audio
from sepeval.audits.base import PARTS, Activity, Role, Sound, Split, Stem, Survey
from sepeval.errors import DataError
from sepeval.kernels.levels import Rule, silent
from sepeval.kernels.signal_facts import Bits, levels
from sepeval.kernels.signal_facts.likeness import bits, pitch_classes, step_length
from sepeval.protocol import Protocol, load
from sepeval.scoring import grid
from sepeval.types import Array, AudioFile, BoolArray, Index, Track

_PAPERS = ("slakh2100-msdm", "musdb18-dicose")  # of mono stems, and of stems with more channels
_SECONDS = "musdb18-sisec18"
_RMS_DB = -60.0
_WORDS: Mapping[Rule, str] = {
    "norm_per_sample": "‖x‖/n below {threshold:g} in {size}",
    "rms_dbfs": "RMS below {threshold:g} dBFS in {size}",
    "zero": "all zero in {size}",
    "zero_channel_sum": "sum of channels all zero in {size}",
}


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
    if track.fault:
        return _unheard(track.id, track.fault)
    try:
        return _survey(track)
    except DataError as error:
        return _unheard(track.id, str(error))


def _unheard(track: str, error: str) -> Survey:
    nothing = np.zeros(0)
    return Survey(track, error, (), {}, nothing, nothing, complete=False, likeness=(), digest="")


def _survey(track: Track) -> Survey:
    sounds: list[Sound] = []
    stems: dict[str, Stem] = {}
    total = np.zeros((track.channels, 0))
    for stem, files in track.stems.items():
        own = np.zeros((track.channels, 0))
        for file in files:
            own = _plus(own, _read("stem", stem, file, sounds))
        if files:
            stems[stem] = stem_of(own, track.rate)
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
        likeness=tuple(_likeness(heard.mean(axis=0), track.rate)),
        digest=levels(heard).digest,
    )


def _likeness(mono: Array, rate: int) -> Iterator[Bits]:
    for part in range(PARTS):
        start = part * step_length(rate) // PARTS
        yield bits(pitch_classes(mono[start:], rate=rate))


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


def stem_of(signal: Array, rate: int) -> Stem:
    """Return what is heard of a stem, [channel sample], at a rate in Hz."""
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
    """Count silent windows as protocols of the papers cut and judge them, and at a plain level."""
    for name in (_PAPERS[len(signal) > 1], _SECONDS):
        protocol = _protocol(name)
        rule = protocol.silence
        quiet, told = _silent(signal, rate, protocol, rule.rule, rule.threshold)
        yield Activity(f"{protocol.id}: {told}", int(quiet.sum()), len(quiet))
    quiet, told = _silent(signal, rate, _protocol(_SECONDS), "rms_dbfs", _RMS_DB)
    yield Activity(told, int(quiet.sum()), len(quiet))


@cache
def _protocol(name: str) -> Protocol:
    return load(name)


def _silent(
    signal: Array, rate: int, protocol: Protocol, rule: Rule, threshold: float | None
) -> tuple[BoolArray, str]:
    """Return which windows of a protocol are silent by a rule, and the rule in words.

    Where the protocol asks for another rate, its windows are laid over the signal as it is, and
    lengths and energies are those that the resampled signal has, but for what lies above its band.
    """
    ratio = 1.0 if protocol.audio.rate == "native" else protocol.audio.rate / rate
    length = int(signal.shape[1] * ratio)
    length -= length % (protocol.audio.multiple_of or 1)
    cut = grid(protocol, length=length, rate=round(ratio * rate)).windows
    cut = cut[cut[:, 0] < length]  # others lie in the zeros that fill the last segment
    ends = np.minimum(np.rint(np.minimum(cut, length) / ratio).astype(np.int64), signal.shape[1])
    rows = signal if len(signal) == 1 else np.concatenate([signal, signal.sum(axis=0)[None]])
    found = [np.einsum("cn,cn->c", own, own) for own in (rows[:, a:b] for a, b in ends)]
    energy = ratio * np.array(found).reshape(len(ends), len(rows), 1)
    lengths = cut[:, 1] - cut[:, 0]
    hit = silent(energy, lengths=lengths, rule=rule, threshold=threshold)[:, 0]
    size = f"{getattr(protocol.windows, 'length_s', 0.0):g} s"
    return hit, _WORDS[rule].format(threshold=threshold, size=size)


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
