"""Tiny copies of datasets, one module per adapter, named like it, with a `MINIATURE`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sepeval import audio
from sepeval.datasets.base import Dataset
from sepeval.types import Array


@dataclass(frozen=True)
class Miniature:
    """What a tiny copy holds, so that an adapter's index can be checked against it.

    Attributes:
        at: returns the adapter for a root, whatever is there.
        write: writes the tiny copy into an empty folder.
        split: a split of which the copy has some tracks.
        tracks: their ids, sorted.
        missing: the absent stems of the tracks that lack some.
    """

    at: Callable[[Path], Dataset]
    write: Callable[[Path], None]
    split: str
    tracks: tuple[str, ...]
    missing: Mapping[str, tuple[str, ...]]


def noise(seed: int, *, channels: int, length: int) -> Array:
    """Return [channel sample] noise on the grid of 16 bit, below -6 dBFS."""
    steps = np.random.default_rng(seed).integers(-16384, 16384, (channels, length))
    return steps / 32768.0


def write_sound(path: Path, samples: Array, *, rate: int) -> None:
    """Write 16 bit, making the folders on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(path, samples, rate=rate, encoding="PCM_16")
