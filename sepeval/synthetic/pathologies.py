"""Known faults of separation data, each as a function from samples to samples.

Convention: samples are `[channel sample]`, full scale at 1.0; the returned samples have the same
shape unless the docstring says otherwise, and the argument is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from sepeval.errors import ShapeError
from sepeval.synthetic.music import STEP, quantised
from sepeval.types import Array

MIXTURE = "mixture"  # where a fault can be, besides the stems
FLOOR_DB = -100.0
GAIN_DB = -3.0
OFFSET = 0.01  # a constant, full scale at 1


class Pathology(StrEnum):
    """What can be wrong with a stem or with a mixture.

    `MISSING` means that there is no recording at all; the others are in `BEFORE_SUM` or in
    `AFTER_SUM`.
    """

    SILENT_STEM = "silent_stem"
    SILENT_PART = "silent_part"
    NOISE_FLOOR = "noise_floor"
    OPPOSITE_CHANNELS = "opposite_channels"
    IDENTICAL_CHANNELS = "identical_channels"
    HARD_PANNED = "hard_panned"
    CLIPPED = "clipped"
    MISSING = "missing"
    SHORTER = "shorter"
    WRONG_GAIN = "wrong_gain"
    OFFSET = "offset"
    DELAYED = "delayed"


def silent(samples: Array) -> Array:
    """Exact zeros."""
    return np.zeros_like(samples)


def silent_part(samples: Array) -> Array:
    """The samples with exact zeros in the middle third."""
    length = samples.shape[-1]
    holed = samples.copy()
    holed[..., length // 3 : 2 * length // 3] = 0.0
    return holed


def with_floor(samples: Array, generator: np.random.Generator) -> Array:
    """The samples plus white noise of -100 dBFS.

    The noise takes the values −2⁻¹⁵, 0 and 2⁻¹⁵, as much as 16-bit audio can hold below its step:
    with probability p = (10⁻⁵ / 2⁻¹⁵)² of not being zero, its RMS is 10⁻⁵.

    Args:
        samples: [channel sample].
        generator: draws the noise.

    Returns:
        [channel sample].
    """
    share = (10 ** (FLOOR_DB / 20) / STEP) ** 2
    drawn = generator.random(samples.shape)
    return samples + STEP * ((drawn < share / 2).astype(np.float64) - (drawn > 1.0 - share / 2))


def opposite_channels(samples: Array) -> Array:
    """L = −R, from the mean of the channels: their sum is exactly zero.

    Raises:
        ShapeError: there are not two channels.
    """
    left = _mean_of_two(samples)
    return np.stack([left, -left])


def identical_channels(samples: Array) -> Array:
    """L = R, the mean of the channels.

    Raises:
        ShapeError: there are not two channels.
    """
    left = _mean_of_two(samples)
    return np.stack([left, left])


def hard_panned(samples: Array) -> Array:
    """The mean of the channels on the left, exact zeros on the right.

    Raises:
        ShapeError: there are not two channels.
    """
    left = _mean_of_two(samples)
    return np.stack([left, np.zeros_like(left)])


def clipped(samples: Array) -> Array:
    """The samples, driven 6 dB into their own peak: the tops are flat and the peak stays."""
    peak = np.abs(samples).max(initial=0.0)
    return np.clip(2.0 * samples, -peak, peak)


def shorter(samples: Array) -> Array:
    """The samples without the last twentieth, at least one of them: [channel sample], shorter."""
    length = samples.shape[-1]
    return samples[..., : length - max(1, length // 20)]


def delayed(samples: Array) -> Array:
    """The samples 64 samples later: zeros come in, the end falls out."""
    late = np.zeros_like(samples)
    late[..., 64:] = samples[..., :-64]
    return late


def _mean_of_two(samples: Array) -> Array:
    """The mean of the two channels: [sample]."""
    if len(samples) != 2:
        raise ShapeError(f"the fault needs [2 sample], two channels, not {samples.shape}")
    return np.asarray(samples.mean(axis=0))


# Faults of a recording: it enters the mixture as it is.
BEFORE_SUM: Mapping[Pathology, Callable[[Array, np.random.Generator], Array]] = MappingProxyType(
    {
        Pathology.SILENT_STEM: lambda samples, _: silent(samples),
        Pathology.SILENT_PART: lambda samples, _: silent_part(samples),
        Pathology.NOISE_FLOOR: lambda samples, draw: with_floor(silent_part(samples), draw),
        Pathology.OPPOSITE_CHANNELS: lambda samples, _: opposite_channels(samples),
        Pathology.IDENTICAL_CHANNELS: lambda samples, _: identical_channels(samples),
        Pathology.HARD_PANNED: lambda samples, _: hard_panned(samples),
        Pathology.CLIPPED: lambda samples, _: clipped(samples),
    }
)

# Faults of a file: after them the mixture file is not the sum of the stem files.
AFTER_SUM: Mapping[Pathology, Callable[[Array], Array]] = MappingProxyType(
    {
        Pathology.SHORTER: shorter,
        Pathology.WRONG_GAIN: lambda samples: samples * 10 ** (GAIN_DB / 20),
        Pathology.OFFSET: lambda samples: samples + OFFSET,
        Pathology.DELAYED: delayed,
    }
)

STEREO_ONLY = frozenset(
    {Pathology.OPPOSITE_CHANNELS, Pathology.IDENTICAL_CHANNELS, Pathology.HARD_PANNED}
)


class Recording(NamedTuple):
    """What the files of a track hold.

    Attributes:
        stems: one [channel sample] per stem; None where the stem is missing.
        mixture: [channel sample]; None where it is missing.
    """

    stems: tuple[Array | None, ...]
    mixture: Array | None


def recorded(
    music: Array,
    stems: tuple[str, ...],
    faults: Mapping[str, tuple[Pathology, ...]],
    *,
    peak: float,
    generator: np.random.Generator,
) -> Recording:
    """Stems and mixture with their faults, in the order in which they are given.

    The mixture is the sum of the stems that are not missing, after the faults of `BEFORE_SUM` and
    before those of `AFTER_SUM`. If it is too loud, all stems get the same smaller gain.

    Args:
        music: [stem channel sample].
        stems: name of every stem; a name that comes twice stands for both.
        faults: by name of the stem, or `mixture`.
        peak: largest absolute value of the sum of the stems.
        generator: draws the noise.

    Returns:
        The files, in steps of 16-bit audio up to a last rounding of what `AFTER_SUM` did.
    """
    at = {name: faults.get(name, ()) for name in (*stems, MIXTURE)}
    kept = [row for row, name in enumerate(stems) if Pathology.MISSING not in at[name]]
    played = np.zeros_like(music)
    for row in kept:
        played[row] = _before_sum(music[row], at[stems[row]], generator)
    loudest = float(np.abs(played.sum(axis=0)).max(initial=0.0))
    played = quantised(played * (peak / max(peak, loudest)))
    files = tuple(
        _after_sum(played[row], at[name]) if row in kept else None for row, name in enumerate(stems)
    )
    if Pathology.MISSING in at[MIXTURE]:
        return Recording(files, None)
    mixture = _before_sum(played.sum(axis=0), at[MIXTURE], generator)
    return Recording(files, _after_sum(mixture, at[MIXTURE]))


def _before_sum(
    samples: Array, faults: tuple[Pathology, ...], generator: np.random.Generator
) -> Array:
    for fault in faults:
        if fault in BEFORE_SUM:
            samples = BEFORE_SUM[fault](samples, generator)
    return samples


def _after_sum(samples: Array, faults: tuple[Pathology, ...]) -> Array:
    for fault in faults:
        if fault in AFTER_SUM:
            samples = AFTER_SUM[fault](samples)
    return samples
