"""From indexed files to arrays that fit together, by the rules of a protocol.

Nothing is resampled, padded, cut or summed here unless the protocol says so by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sepeval import audio
from sepeval.errors import DataError, ProtocolError, SeparatorError
from sepeval.kernels.resampling import torchaudio_hann
from sepeval.protocol import AudioRule, LengthRule
from sepeval.scoring import View
from sepeval.separators.base import Estimate
from sepeval.types import Array, AudioFile, Track, TrackAudio

Reader = Callable[[AudioFile], audio.Audio]
_CHANNELS = {"mono": 1, "stereo": 2}


@dataclass(frozen=True)
class Aligned:
    """References, estimates and mixture of equal length.

    Attributes:
        references: [stem channel sample].
        estimates: [stem channel sample].
        mixture: [channel sample].
    """

    references: Array
    estimates: Array
    mixture: Array


def missing_stems(track: Track, view: View) -> tuple[str, ...]:
    """Return the view's stems of which the track has no source at all."""
    return tuple(
        stem
        for stem, parts in view.stems.items()
        if not any(track.stems.get(part) for part in parts)
    )


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
    rule = view.audio
    _check(track, view)
    rate = track.rate if rule.rate == "native" else rule.rate
    files = {
        (source, number): file
        for source in view.sources
        for number, file in enumerate(track.stems[source])
    }
    signals = {
        key: _resampled(file, track, rate=rate, resampler=rule.resampler, read=read)
        for key, file in files.items()
    }
    lengths = {str(files[key]): signal.shape[1] for key, signal in signals.items()}
    length = _common_length(track, lengths, rule.references, rate)
    heard = _mixture_file(track, rule, rate=rate, read=read)
    if heard is not None:
        length = _length_beside(track, heard, length, rule.references, rate)
    references = np.zeros((len(view.stems), track.channels, length))
    for place, parts in enumerate(view.stems.values()):
        for (source, _), signal in signals.items():
            if source in parts:
                kept = min(length, signal.shape[1])
                references[place, :, :kept] += signal[:, :kept]
    mixture = np.zeros((track.channels, length))
    for signal in signals.values() if heard is None else [heard]:
        kept = min(length, signal.shape[1])
        mixture[:, :kept] += signal[:, :kept]
    return TrackAudio(references, mixture, rate)


def align(track: Track, heard: TrackAudio, estimate: Estimate, view: View) -> Aligned:
    """Return references, estimates and mixture cut or padded to one length.

    Raises:
        DataError: lengths or channels differ by more than the protocol accepts.
        SeparatorError: a stem was not estimated.
    """
    estimates = _of_stems(track, estimate, view)
    length = heard.references.shape[2]
    found = estimates.shape[2]
    lengths = estimate.lengths or (found,)
    if estimates.shape[1] != track.channels:
        message = (
            f"track {track.id!r}: the estimate has {estimates.shape[1]} channels, the references "
            f"have {track.channels}"
        )
        raise DataError(message)
    rule = view.audio.estimates
    for one in lengths:
        _refuse_difference(track, abs(one - length), rule, heard.rate, "estimate and reference")
    kept = min(length, *lengths) if rule.rule == "cut" else length
    kept = _whole_multiple(track, kept, view.audio.multiple_of)
    if found < kept:
        estimates = np.pad(estimates, [(0, 0), (0, 0), (0, kept - found)])
    return Aligned(heard.references[..., :kept], estimates[..., :kept], heard.mixture[..., :kept])


def _check(track: Track, view: View) -> None:
    if track.fault:
        raise DataError(track.fault)
    unknown = [source for source in view.sources if source not in track.stems]
    if unknown:
        message = (
            f"track {track.id!r}: the protocol needs {', '.join(unknown)}; the dataset has "
            f"{', '.join(track.stems)}"
        )
        raise ProtocolError(message)
    wanted = _CHANNELS.get(view.audio.channels, track.channels)
    if track.channels != wanted:
        message = (
            f"track {track.id!r}: has {track.channels} channels; the protocol asks for "
            f"{view.audio.channels}"
        )
        raise DataError(message)
    gone = missing_stems(track, view)
    if gone and view.audio.missing == "error":
        raise DataError(f"track {track.id!r}: has no {', '.join(gone)}; the protocol needs it")
    if len(gone) == len(view.stems):
        raise DataError(f"track {track.id!r}: has none of {', '.join(view.stems)}")


def _resampled(file: AudioFile, track: Track, *, rate: int, resampler: str, read: Reader) -> Array:
    found = read(file)
    if found.rate != track.rate or found.samples.shape[0] != track.channels:
        message = (
            f"track {track.id!r}: {file}: {found.rate} Hz with {found.samples.shape[0]} channels; "
            f"the index says {track.rate} Hz with {track.channels}; index the dataset again"
        )
        raise DataError(message)
    if found.rate == rate:
        return found.samples
    if resampler == "none":
        message = (
            f"track {track.id!r}: {file}: {found.rate} Hz; the protocol asks for {rate} Hz and "
            "resamples nothing"
        )
        raise DataError(message)
    if resampler == "torchaudio_hann":
        return torchaudio_hann(found.samples, rate=found.rate, to=rate)
    import soxr

    samples = soxr.resample(found.samples.T, found.rate, rate, quality="VHQ").T
    return np.ascontiguousarray(samples, dtype=np.float64)


def _common_length(track: Track, lengths: dict[str, int], rule: LengthRule, rate: int) -> int:
    shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
    difference = lengths[longest] - lengths[shortest]
    names = f"{shortest} ({lengths[shortest]} samples) and {longest} ({lengths[longest]})"
    _refuse_difference(track, difference, rule, rate, names)
    return lengths[shortest] if rule.rule == "cut" else lengths[longest]


def _refuse_difference(
    track: Track, difference: int, rule: LengthRule, rate: int, what: str
) -> None:
    if rule.tolerance_s is not None and difference > rule.tolerance_s * rate:
        message = (
            f"track {track.id!r}: the lengths of {what} differ by {difference} samples "
            f"({difference / rate:.3f} s); the protocol accepts {rule.tolerance_s} s"
        )
        raise DataError(message)


def _mixture_file(track: Track, rule: AudioRule, *, rate: int, read: Reader) -> Array | None:
    """Return the mixture [channel sample] from its file; None where it is the sum of sources."""
    if rule.mixture == "sum" or track.mixture is None:
        return None
    return _resampled(track.mixture, track, rate=rate, resampler=rule.resampler, read=read)


def _length_beside(track: Track, mixture: Array, length: int, rule: LengthRule, rate: int) -> int:
    """Return the length of the references beside a mixture: `cut` is to the shortest of all."""
    lengths = {str(track.mixture): mixture.shape[1], "the references": length}
    shortest = _common_length(track, lengths, rule, rate)
    return shortest if rule.rule == "cut" else length


def _of_stems(track: Track, estimate: Estimate, view: View) -> Array:
    """Return the estimates of the view's stems; one that is not given is the sum of its parts."""
    if tuple(view.stems) == estimate.stems:
        return estimate.audio
    given = set(estimate.stems)
    lacking = [
        stem for stem, parts in view.stems.items() if stem not in given and not given >= set(parts)
    ]
    if lacking:
        message = (
            f"track {track.id!r}: no estimate of {', '.join(lacking)}; the separator gives "
            f"{', '.join(estimate.stems)}"
        )
        raise SeparatorError(message)
    found = [
        estimate.select((stem,))[0] if stem in given else estimate.select(parts).sum(0)
        for stem, parts in view.stems.items()
    ]
    return np.stack(found)


def _whole_multiple(track: Track, length: int, multiple: int | None) -> int:
    if multiple is None:
        return length
    if length < multiple:
        message = (
            f"track {track.id!r}: {length} samples; the protocol scores whole stretches of "
            f"{multiple} samples and the track holds none"
        )
        raise DataError(message)
    return length - length % multiple


def heard_rate(track: Track, rule: AudioRule) -> int:
    """Return the rate in Hz at which a protocol hears a track."""
    return track.rate if rule.rate == "native" else rule.rate
