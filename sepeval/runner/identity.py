"""What a run is: everything that can change one of its numbers, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pydantic import JsonValue

from sepeval.errors import DataError
from sepeval.fingerprint import digests, of_document
from sepeval.separators.base import Described, Recording
from sepeval.types import AudioFile, Index, Track

STATISTICS_VERSION = 1  # raised when the statistics of a cell change


def identity(
    index: Index,
    tracks: Sequence[Track],
    separator: Described,
    *,
    stems: tuple[str, ...],
    seed: int,
    replicates: int,
) -> dict[str, JsonValue]:
    """Return the identity of a run as a document of plain values.

    Args:
        index: of the dataset's split.
        tracks: those of the index that are evaluated.
        separator: what is evaluated.
        stems: all stems whose estimates can enter.
        seed: from which the seeds of all tracks are derived.
        replicates: draws of a stochastic separator.
    """
    content = {track.id: _content(track) for track in tracks}
    document: dict[str, JsonValue] = {
        "statistics": STATISTICS_VERSION,
        "dataset": index.dataset,
        "split": index.split,
        "choices": dict(index.choices),
        "tracks": [track.id for track in tracks],
        "content": of_document(content),
        "separator": dict(separator.describe()),
        "seed": seed if separator.is_stochastic else None,
        "replicates": replicates,
    }
    if isinstance(separator, Recording):
        found = {track.id: dict(separator.fingerprint(track, stems=stems)) for track in tracks}
        document["estimates"] = of_document(found)
    return document


def seed_of(seed: int, track: str, replicate: int) -> int:
    """Return the seed of one draw, from 0 to 2^63 - 1; neighbours in any argument are unrelated."""
    text = f"{seed}\0{track}\0{replicate}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def _content(track: Track) -> JsonValue:
    if track.fault:
        return {"fault": True}
    files = {stem: _digests(found) for stem, found in track.stems.items()}
    return {"stems": dict(files), "mixture": _digests((track.mixture,) if track.mixture else ())}


def _digests(files: tuple[AudioFile, ...]) -> list[JsonValue]:
    try:
        found = digests(file.path for file in files)
    except DataError:
        return ["unreadable"]
    return [[found[file.path], file.stream] for file in files]
