"""Separate a split into files, without scoring it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sepeval.errors import SeparatorError, SepevalError
from sepeval.loading import load
from sepeval.protocol import Protocol
from sepeval.runner.identity import seed_of
from sepeval.runner.job import write_estimate
from sepeval.runner.workers import Progress
from sepeval.scoring import views
from sepeval.separators.base import Described, Oracle, Separator
from sepeval.store.run import folder_name
from sepeval.types import Index, Track


def separate(
    index: Index,
    separator: Described,
    protocol: Protocol,
    *,
    folder: Path,
    seed: int = 0,
    told: Callable[[Progress], None] | None = None,
) -> dict[str, str]:
    """Write the estimates of every track as `<folder>/<track>/<stem>.wav`, 32-bit float.

    Args:
        index: the split.
        separator: what separates.
        protocol: says what is heard: rate, mixture, channels.
        folder: where the estimates go; existing files are kept, and their tracks left out.
        seed: as in `evaluate`, so that the estimates are the same.
        told: called after each track.

    Returns:
        Why a track was not separated, by its id; empty if all were.

    Raises:
        SeparatorError: the separator is a folder of estimates already.
    """
    if not isinstance(separator, Separator | Oracle):
        raise SeparatorError("these estimates are files already; there is nothing to separate")
    errors: dict[str, str] = {}
    for number, track in enumerate(index.tracks):
        target = folder / folder_name(track.id)
        try:
            if not target.exists():
                _write(track, separator, protocol, target, seed)
        except SepevalError as error:
            errors[track.id] = str(error)
        if told is not None:
            reason = errors.get(track.id, "")
            progress = Progress("separate", number + 1, len(index.tracks), track.id, reason)
            told(progress)
    return errors


def _write(
    track: Track, separator: Separator | Oracle, protocol: Protocol, folder: Path, seed: int
) -> None:
    (view,) = views([protocol])
    heard = load(track, view)
    if isinstance(separator, Oracle):
        stems = tuple(view.stems)
        estimate = separator.separate(heard.references, heard.mixture, stems=stems)
    else:
        draw = seed_of(seed, track.id, 0)
        estimate = separator.separate(heard.mixture, rate=heard.rate, seed=draw)
    write_estimate(estimate, folder, rate=heard.rate)
