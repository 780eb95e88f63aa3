"""Which files a run was made from, as its places record them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sepeval.errors import DataError
from sepeval.fingerprint import digests
from sepeval.patterns import Pattern
from sepeval.separators.base import Described
from sepeval.separators.files import Files
from sepeval.store import Run
from sepeval.store.places import Place, TrackPlaces
from sepeval.types import AudioFile, Track


def places_of(
    run: Run, tracks: Sequence[Track], separator: Described, *, stems: Sequence[str]
) -> dict[str, TrackPlaces]:
    """Return the files of every track that can be read.

    Args:
        run: whose folder may hold estimates that were kept.
        tracks: of the run.
        separator: what was evaluated; where it is a folder of files, they are the estimates.
        stems: all stems whose estimates can enter.
    """
    records = {record.id: record for record in run.manifest.tracks}
    found: dict[str, TrackPlaces] = {}
    for track in tracks:
        if track.fault:
            continue
        estimates = {stem: AudioFile(path) for stem, path in _recorded(separator, track, stems)}
        kept = run.estimates(records[track.id])
        kept = kept / "replicate-0" if (kept / "replicate-0").is_dir() else kept
        estimates |= {path.stem: AudioFile(path) for path in sorted(kept.glob("*.wav"))}
        try:
            found[track.id] = _places(track, estimates, run.folder)
        except DataError:  # a file that cannot be read has its error in the track's scores
            continue
    return found


def _recorded(separator: Described, track: Track, stems: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the estimates that lie in a folder of their own, by stem."""
    if not isinstance(separator, Files):
        return []
    pattern = Pattern(separator.pattern)
    paths = [(stem, pattern.path(separator.root, track=track.id, stem=stem)) for stem in stems]
    return [(stem, path) for stem, path in paths if path.is_file()]


def _places(track: Track, estimates: Mapping[str, AudioFile], run: Path) -> TrackPlaces:
    references = [file for files in track.stems.values() for file in files]
    mixture = [] if track.mixture is None else [track.mixture]
    every = [*references, *mixture, *estimates.values()]
    known = digests(file.path for file in every)

    def place(file: AudioFile) -> Place:
        inside = file.path.is_relative_to(run)
        path = file.path.relative_to(run) if inside else file.path.resolve()
        return Place(path=str(path), sha256=known[file.path], stream=file.stream)

    return TrackPlaces(
        rate=track.rate,
        channels=track.channels,
        length=track.length,
        stems={stem: [place(file) for file in files] for stem, files in track.stems.items()},
        mixture=None if track.mixture is None else place(track.mixture),
        estimates={stem: place(file) for stem, file in estimates.items()},
    )
