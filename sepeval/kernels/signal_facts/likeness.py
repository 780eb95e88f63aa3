"""A fingerprint by which two recordings of one piece know each other.

Four times a second the energy between 110 Hz and 2 kHz is sorted into the twelve pitch classes; c
is the root of each class's share. A bit says whether the step from class k to k + 1 has grown or
shrunk since the last time [1, eq. 1, with pitch classes for bands]:

    b[t, k] = sign((c[t, k] - c[t, k + 1]) - (c[t - 1, k] - c[t - 1, k + 1]))

A change of less than 0.02 is no bit, because a held note changes by as much in any direction.

It does not hear level, slow equalisation or which instrument plays, and little of noise or coding.
It follows the chords in time: another tempo, another key or a start moved by more than two seconds
make another piece of it.

References:
    [1] Haitsma, Kalker. "A highly robust audio fingerprinting system", ISMIR 2002.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sepeval.types import Array

Bits = NDArray[np.int8]
PER_SECOND = 4
_FRAME_S = 0.4  # longer than the step, so that half a step of delay leaves a third of the bits
_ENOUGH = 8000  # Hz, the rate that audio is averaged down to, or a little more
_LOWEST, _HIGHEST = 110.0, 2000.0  # Hz
_QUIET = 1e-8  # mean square below which nothing is heard: -80 dBFS
_LEAST = 0.02  # change of a step between the roots of two shares
FEWEST = 480  # bits that two pieces have in common before they are compared
_FURTHEST = 2 * PER_SECOND  # steps by which two starts may differ


def pitch_classes(stretch: Array, *, rate: int) -> Array:
    """Return the share of each pitch class in the energy, four times a second, zeros in silence.

    Args:
        stretch: [sample], mono.
        rate: in Hz.

    Returns:
        [step 12].
    """
    factor = max(1, rate // _ENOUGH)
    low = stretch[: len(stretch) // factor * factor].reshape(-1, factor) @ np.ones(factor) / factor
    hop, size = step_length(rate) // factor, 2 ** int(np.log2(_FRAME_S * rate / factor))
    steps = len(low) // hop
    filled = np.concatenate([low, np.zeros(size)])
    taken = np.lib.stride_tricks.sliding_window_view(filled, size)[::hop][:steps]
    power = np.abs(np.fft.rfft(taken * np.hanning(size))) ** 2
    classes = power @ _sorting(size, rate / factor)
    total = classes.sum(axis=1, keepdims=True)
    heard = (np.einsum("ts,ts->t", taken, taken)[:, None] > _QUIET * size) & (total > 0)
    shares: Array = np.divide(classes, total, out=np.zeros_like(classes), where=heard)
    return shares


def step_length(rate: int) -> int:
    """Return the samples of one step at a rate in Hz."""
    factor = max(1, rate // _ENOUGH)
    return factor * (rate // factor // PER_SECOND)


@cache
def _sorting(size: int, rate: float) -> Array:
    """Return the matrix [bin 12] that sorts the bins of a spectrum into pitch classes."""
    frequency = np.fft.rfftfreq(size, 1.0 / rate)
    matrix = np.zeros((len(frequency), 12))
    used = np.flatnonzero((frequency >= _LOWEST) & (frequency <= _HIGHEST))
    matrix[used, np.round(12.0 * np.log2(frequency[used] / 440.0)).astype(int) % 12] = 1.0
    return matrix


def bits(classes: Array) -> Bits:
    """Return the bits of a piece, [step 12]: 1, -1, and 0 where silence or too little changes."""
    step = np.sqrt(classes)
    step -= np.roll(step, -1, axis=1)
    silent = classes.sum(axis=1) == 0
    change = np.diff(step, axis=0)
    found = np.zeros(classes.shape, np.int8)
    found[1:] = np.sign(change) * (np.abs(change) > _LEAST)
    found[1:][silent[1:] | silent[:-1]] = 0
    return found


def comparable(found: Bits) -> int:
    """Return how many bits of a piece say something; below 480 it is compared with none."""
    return int(np.count_nonzero(found))


def packed(found: Bits) -> str:
    """Return bits as hexadecimal digits, for storing; two bits per value."""
    pair = np.stack([found > 0, found < 0], axis=2)
    return np.packbits(pair.ravel()).tobytes().hex()


def unpacked(text: str) -> Bits:
    """Return the bits that `packed` has written; a rest of silence may follow them."""
    pair = np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8)).astype(np.int8)
    steps = len(pair) // 24
    split = pair[: steps * 24].reshape(steps, 12, 2)
    return np.asarray(split[..., 0] - split[..., 1], dtype=np.int8)


def likeness(pieces: list[Bits], others: list[Bits]) -> Array:
    """Return how like all pieces are to all others, from -1 to 1; about 0 for unrelated pieces.

    It is the mean product of their bits where both are heard, at the best of the starts within two
    seconds. Where both have fewer than 480 bits in common, 10 s at the most, it is 0.

    Args:
        pieces: bits of each piece.
        others: bits of each other piece.

    Returns:
        [piece other].
    """
    steps = max((len(one) for one in [*pieces, *others]), default=0) + 2 * _FURTHEST
    one, two = _laid_out(pieces, steps, _FURTHEST), _laid_out(others, steps, _FURTHEST)
    best = np.zeros((len(pieces), len(others)))
    for shift in range(-_FURTHEST, _FURTHEST + 1):
        moved = np.roll(two, shift * 12, axis=1)
        both = np.abs(one) @ np.abs(moved).T
        alike = np.divide(one @ moved.T, both, out=np.zeros_like(both), where=both > 0)
        alike[both < FEWEST] = 0.0
        best = np.maximum(best, alike)
    return best.astype(np.float64)


def _laid_out(pieces: list[Bits], steps: int, first: int) -> NDArray[np.float32]:
    laid = np.zeros((len(pieces), steps * 12), np.float32)
    for row, piece in enumerate(pieces):
        laid[row, first * 12 : (first + len(piece)) * 12] = piece.ravel()
    return laid
