"""From indexed files to signals of one length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np

from sepeval import audio
from sepeval.errors import DataError
from sepeval.loading.rates import resampled, resampled_by_blocks
from sepeval.loading.rules import (
    check_file,
    check_track,
    common_length,
    heard_rate,
    length_of_all,
    parts_of_stems,
)
from sepeval.scoring import View
from sepeval.separators.base import Estimate
from sepeval.types import (
    Array,
    AudioFile,
    Signal,
    Stems,
    Streamed,
    StreamedStems,
    Track,
    TrackAudio,
)

Reader: TypeAlias = Callable[[AudioFile], audio.Audio]
Sound = TypeVar("Sound", Array, Streamed)


@dataclass(frozen=True)
class Aligned:
    """References, estimates and mixture of equal length: arrays, or audio that is read in slices.

    Attributes:
        references: [stem channel sample].
        estimates: [stem channel sample].
        mixture: [channel sample].
    """

    references: Stems
    estimates: Stems
    mixture: Signal


def load(track: Track, view: View, *, read: Reader = audio.read) -> TrackAudio:
    """Return references and mixture of a track.

    Args:
        track: its files.
        view: what is looked at.
        read: reads a file; one that remembers saves time when several views are loaded.

    Raises:
        DataError: a file is damaged, or rate, channels, lengths or stems are not what the
            protocol asks for.
        ProtocolError: the dataset does not know a source that the protocol's stems are made of.
    """

    def signal(file: AudioFile) -> Array:
        found = read(file)
        check_file(file, track, view.audio, rate=found.rate, channels=len(found.samples))
        return resampled(found, view.audio, heard_rate(track, view.audio))

    found = _sources(track, view, signal)
    references = np.zeros((len(view.stems), track.channels, found.length))
    for reference, parts in zip(references, found.stems, strict=True):
        _add(reference, parts)
    mixture = np.zeros((track.channels, found.length))
    _add(mixture, found.mixture)
    return TrackAudio(references, mixture, heard_rate(track, view.audio))


def stream(
    track: Track, view: View, estimates: Mapping[str, AudioFile], *, pieces: audio.Pieces
) -> Aligned:
    """Return what `load` and `align` return, unread: a slice of it is read from files.

    Args:
        track: its files.
        view: what is looked at.
        estimates: files at the rate at which the track is heard, by stem or by part of a stem.
        pieces: opens files; what is returned can be read until it is closed.

    Raises:
        DataError: see `load` and `align`.
        ProtocolError: see `load`.
        SeparatorError: see `align`.
    """
    rate = heard_rate(track, view.audio)

    def signal(file: AudioFile) -> Streamed:
        found = pieces.open(file)
        check_file(file, track, view.audio, rate=found.rate, channels=found.signal.shape[0])
        return resampled_by_blocks(found, view.audio, rate, pieces)

    found = _sources(track, view, signal)
    given = {stem: pieces.open(file).signal for stem, file in estimates.items()}
    parts = parts_of_stems(track, tuple(given), view)
    lengths = [one.shape[1] for one in given.values()]
    length = length_of_all(track, view, found.length, lengths)
    of_stems = [[given[name] for name in names] for names in parts]
    return Aligned(
        StreamedStems(tuple(_summed(one, track.channels, length) for one in found.stems)),
        StreamedStems(tuple(_summed(one, track.channels, length) for one in of_stems)),
        _summed(found.mixture, track.channels, length),
    )


def align(track: Track, heard: TrackAudio, estimate: Estimate, view: View) -> Aligned:
    """Return references, estimates and mixture cut or padded to one length.

    Raises:
        DataError: lengths or channels differ by more than the protocol accepts.
        SeparatorError: a stem was not estimated.
    """
    estimates = _of_stems(track, estimate, view)
    found = estimates.shape[2]
    if estimates.shape[1] != track.channels:
        message = (
            f"track {track.id!r}: the estimate has {estimates.shape[1]} channels, the references "
            f"have {track.channels}"
        )
        raise DataError(message)
    lengths = estimate.lengths or (found,)
    kept = length_of_all(track, view, heard.references.shape[2], lengths)
    if found < kept:
        estimates = np.pad(estimates, [(0, 0), (0, 0), (0, kept - found)])
    return Aligned(heard.references[..., :kept], estimates[..., :kept], heard.mixture[..., :kept])


class _Sources(NamedTuple, Generic[Sound]):
    """What a track is made of; each part is shorter or longer than `length`.

    Attributes:
        stems: for each stem of the view, the parts that are summed to it.
        mixture: the parts that are summed to the mixture.
        length: of references and mixture, in samples.
    """

    stems: Sequence[Sequence[Sound]]
    mixture: Sequence[Sound]
    length: int


def _sources(track: Track, view: View, signal: Callable[[AudioFile], Sound]) -> _Sources[Sound]:
    """Return the parts of stems and mixture, by the rules of the view."""
    rule = view.audio
    check_track(track, view)
    rate = heard_rate(track, rule)
    files = {
        (source, number): file
        for source in view.sources
        for number, file in enumerate(track.stems[source])
    }
    signals = {key: signal(file) for key, file in files.items()}
    lengths = {str(files[key]): found.shape[1] for key, found in signals.items()}
    length = common_length(track, lengths, rule.references, rate)
    mixture = list(signals.values())
    if rule.mixture == "file" and track.mixture is not None:
        heard = signal(track.mixture)
        mixture = [heard]
        beside = {str(track.mixture): heard.shape[1], "the references": length}
        shortest = common_length(track, beside, rule.references, rate)
        length = shortest if rule.references.rule == "cut" else length
    stems = [
        [found for (source, _), found in signals.items() if source in parts]
        for parts in view.stems.values()
    ]
    return _Sources(stems, mixture, length)


def _add(total: Array, parts: Sequence[Array]) -> None:
    """Add signals [channel sample] of any length to one, as far as it reaches."""
    for part in parts:
        kept = min(total.shape[1], part.shape[1])
        total[:, :kept] += part[:, :kept]


def _summed(parts: Sequence[Streamed], channels: int, length: int) -> Streamed:
    """Return the sum of signals, each cut or continued by zeros to one length."""

    def read(start: int, stop: int) -> Array:
        if len(parts) == 1 and stop <= parts[0].shape[1]:
            return parts[0].read(start, stop)
        total = np.zeros((channels, stop - start))
        for part in parts:
            kept = min(stop, part.shape[1])
            if kept > start:
                total[:, : kept - start] += part.read(start, kept)
        return total

    return Streamed((channels, length), read)


def _of_stems(track: Track, estimate: Estimate, view: View) -> Array:
    """Return the estimates of the view's stems; one that is not given is the sum of its parts."""
    if tuple(view.stems) == estimate.stems:
        return estimate.audio
    parts = parts_of_stems(track, estimate.stems, view)
    return np.stack([estimate.select(names).sum(0) for names in parts])
