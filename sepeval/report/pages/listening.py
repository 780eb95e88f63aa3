"""What of the audio of a group's tracks is in a report, and why the rest is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sepeval.report.pages.folder import Folder
from sepeval.report.pages.groups import Group
from sepeval.report.pages.hearing import Source, source
from sepeval.report.pages.spectrograms import detail
from sepeval.report.pages.tracks import ENCODING, Listening, Wish, listen
from sepeval.results.words import count_of
from sepeval.store.run import file_name

_LEFT_OUT = "No audio is in this report: it was left out (--no-audio)."


@dataclass(frozen=True)
class Listened:
    """What became of the audio of a group.

    Attributes:
        name: dataset and split.
        words: what is there, in one or two sentences.
        reasons: why something is missing, with the tracks it holds for.
        clipped: signals that 16 bit cannot hold, by track.
    """

    name: str
    words: str
    reasons: tuple[str, ...]
    clipped: tuple[str, ...]


def listened(
    group: Group,
    protocol: str,
    folder: Folder,
    *,
    with_audio: bool,
    workers: int,
    told: Callable[[str], None],
) -> Listened:
    """Write pictures and audio of all tracks of a group, and return what that was.

    Args:
        group: whose tracks.
        protocol: id of the one whose audio rule says how they are heard.
        folder: of the report.
        with_audio: whether files to hear are written.
        workers: processes.
        told: called once, with what is done.

    Raises:
        StoreError: a file cannot be written.
        DataError: a file that is as it was cannot be read.
    """
    lies = source(group.runs, group.names, protocol)
    fine = detail(_pictures(lies, len(group.tracks)))
    wishes = [
        Wish(lies, track.id, f"{group.key}/{file_name(track)}", with_audio, fine)
        for track in group.tracks
    ]
    told(f"audio of {count_of(len(wishes), 'track')} of {group.name}")
    found = list(_all(wishes, folder, workers))
    for one in found:
        for name in one.files:
            folder.note(name)
    seen = [one for one in found if one.seen]
    pictures = f"Waveforms and spectrograms: {len(seen)} of {count_of(len(found), 'track')}."
    heard = sum(one.heard for one in found)
    words = f"{count_of(heard, 'file')} of {ENCODING}, as scored." if with_audio else _LEFT_OUT
    if with_audio and not heard:
        words = "No audio is in this report."
    return Listened(group.name, f"{words} {pictures}", _reasons(found), _clipped(wishes, found))


def _pictures(lies: Source, tracks: int) -> int:
    """Return how many spectrograms there can be: references, and estimates with errors."""
    if lies.view is None:
        return 0
    systems = sum(places is not None for places in lies.places)
    return tracks * len(lies.view.stems) * (1 + 2 * systems)


def _all(wishes: Sequence[Wish], folder: Folder, workers: int) -> Iterable[Listening]:
    """Yield what was written of each track, in order."""
    from joblib import Parallel, delayed

    count = max(1, min(workers, len(wishes)))
    work = Parallel(n_jobs=count, return_as="generator", batch_size=1)
    found: Iterable[Listening] = work(delayed(listen)(wish, folder) for wish in wishes)
    return found


def _reasons(found: Sequence[Listening]) -> tuple[str, ...]:
    counts = Counter(reason for one in found for reason in one.reasons)
    everyone = len(found)
    return tuple(
        reason if count == everyone else f"{reason} ({count} of {everyone} tracks)"
        for reason, count in counts.items()
    )


def _clipped(wishes: Sequence[Wish], found: Sequence[Listening]) -> tuple[str, ...]:
    return tuple(
        f"{wish.track}: {one}"
        for wish, own in zip(wishes, found, strict=True)
        for one in own.clipped
    )
