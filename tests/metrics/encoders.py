"""Encoders for tests: plain functions of samples, and ones that go wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]
FRAME = 8  # samples


def frames(samples: Single, _rate: int) -> Single:
    """Mean and energy of stretches of eight samples, [frame dimension]; the last may be shorter."""
    padded = np.pad(samples, (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    return np.stack([padded.mean(axis=1), np.square(padded).mean(axis=1)], axis=1)


def samples_themselves(samples: Single, _rate: int) -> Single:
    return samples


def rate_it_is_told(_samples: Single, rate: int) -> Single:
    return np.array([rate], np.float32)


def nothing(_samples: Single, _rate: int) -> Single:
    return np.zeros((0, 4), np.float32)


def fails(_samples: Single, _rate: int) -> Single:
    raise RuntimeError("too short")


def not_finite(samples: Single, _rate: int) -> Single:
    return samples * np.float32(np.nan)


def whole_numbers(samples: Single, _rate: int) -> NDArray[np.int64]:
    return samples.astype(np.int64)


class Doubled:
    """Built once, then called."""

    def __call__(self, samples: Single, _rate: int) -> Single:
        return samples * np.float32(2)


class Unbuildable:
    """Needs what nobody gives."""

    def __init__(self, weights: str) -> None:
        self.weights = weights


number = 3
