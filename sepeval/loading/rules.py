"""What a protocol accepts of the files of a track, and how long everything then is."""

from __future__ import annotations

from collections.abc import Sequence

from sepeval.errors import DataError, ProtocolError, SeparatorError
from sepeval.protocol import AudioRule, LengthRule
from sepeval.scoring import View
from sepeval.types import AudioFile, Track

_CHANNELS = {"mono": 1, "stereo": 2}


def missing_stems(track: Track, view: View) -> tuple[str, ...]:
    """Return the view's stems of which the track has no source at all."""
    return tuple(
        stem
        for stem, parts in view.stems.items()
        if not any(track.stems.get(part) for part in parts)
    )


def heard_rate(track: Track, rule: AudioRule) -> int:
    """Return the rate in Hz at which a protocol hears a track."""
    return track.rate if rule.rate == "native" else rule.rate


def check_track(track: Track, view: View) -> None:
    """Refuse a track that lacks what the view looks at."""
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


def check_file(file: AudioFile, track: Track, rule: AudioRule, *, rate: int, channels: int) -> None:
    """Refuse a file that is not what the index says, or has a rate that the protocol refuses."""
    if (rate, channels) != (track.rate, track.channels):
        message = (
            f"track {track.id!r}: {file}: {rate} Hz with {channels} channels; "
            f"the index says {track.rate} Hz with {track.channels}; index the dataset again"
        )
        raise DataError(message)
    if rate != heard_rate(track, rule) and rule.resampler == "none":
        message = (
            f"track {track.id!r}: {file}: {rate} Hz; the protocol asks for {rule.rate} Hz and "
            "resamples nothing"
        )
        raise DataError(message)


def common_length(track: Track, lengths: dict[str, int], rule: LengthRule, rate: int) -> int:
    """Return the length in samples that files of these lengths get, by name of the file."""
    shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
    difference = lengths[longest] - lengths[shortest]
    names = f"{shortest} ({lengths[shortest]} samples) and {longest} ({lengths[longest]})"
    _refuse_difference(track, difference, rule, rate, names)
    return lengths[shortest] if rule.rule == "cut" else lengths[longest]


def length_of_all(track: Track, view: View, length: int, estimates: Sequence[int]) -> int:
    """Return the length to which all is cut or padded, in samples."""
    rule = view.audio.estimates
    rate = heard_rate(track, view.audio)
    for one in estimates:
        _refuse_difference(track, abs(one - length), rule, rate, "estimate and reference")
    kept = min(length, *estimates) if rule.rule == "cut" else length
    return _whole_multiple(track, kept, view.audio.multiple_of)


def parts_of_stems(track: Track, given: Sequence[str], view: View) -> list[tuple[str, ...]]:
    """Return the estimates that are summed to each of the view's stems."""
    lacking = [
        stem
        for stem, parts in view.stems.items()
        if stem not in given and not set(given) >= set(parts)
    ]
    if lacking:
        message = (
            f"track {track.id!r}: no estimate of {', '.join(lacking)}; the separator gives "
            f"{', '.join(given)}"
        )
        raise SeparatorError(message)
    return [(stem,) if stem in given else tuple(parts) for stem, parts in view.stems.items()]


def _refuse_difference(
    track: Track, difference: int, rule: LengthRule, rate: int, what: str
) -> None:
    if rule.tolerance_s is not None and difference > rule.tolerance_s * rate:
        message = (
            f"track {track.id!r}: the lengths of {what} differ by {difference} samples "
            f"({difference / rate:.3f} s); the protocol accepts {rule.tolerance_s} s"
        )
        raise DataError(message)


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
