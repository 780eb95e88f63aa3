"""Which channels of the references are linearly independent, and what the others are made of.

Identical left and right, a scaled copy, or a stem that is the sum of others make the normal
equations singular without changing the space that the references span. Such channels are found by
an exact check, sample by sample, and written as combinations of the channels that are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepeval.errors import DataError
from sepeval.kernels.bsseval.parallel import in_order
from sepeval.kernels.bsseval.signals import READ, Signal, audio, pieces
from sepeval.types import Array, BoolArray, IntArray, Stems

SUSPECT = 1e-8  # relative energy below which a remainder cannot be told from rounding of a Gram
EXACT = 1e-14  # relative amplitude of float64 rounding in a sum of a few scaled channels


@dataclass(frozen=True, eq=False)
class Basis:
    """Independent channels and every channel as a combination of them.

    Attributes:
        channels: [basis] int64, which of the flattened stem-channel pairs are kept, ascending.
        mixing: [stem channel basis], s_jc = Σ_b mixing[j, c, b] s_b; zero for silent channels.
        dependent: [stem channel], True for a channel that sounds and was left out.
    """

    channels: IntArray
    mixing: Array
    dependent: BoolArray


def find_basis(references: Stems, *, threads: int = 1) -> Basis:
    """The independent channels of the references over the whole track.

    A channel that depends on others does so in every stretch of the track, so where a beginning of
    it shows that none does, the rest is not read.

    Channels are tried in the order of what they add to those already kept, most energy first. One
    that seems to add nothing is checked on the samples: it is left out only if its remainder is
    below 1e-14 of the channels it is made of, which is float64 rounding. A copy that was
    rounded to 16 bit, 24 bit or float32 is therefore not dependent.

    Args:
        references: [stem channel sample]
        threads: pieces of audio that are worked on at the same time; changes no value.

    Raises:
        DataError: a value that was read is not finite.
    """
    stems, channels = references.shape[:2]
    signal = audio(references)
    gram = _gram(signal, threads)
    kept, suspects = _pivots(gram)
    made_of: dict[int, Array] = {}
    for channel in suspects:
        weights = _dependence(signal, gram, kept, channel)
        if weights is None:
            kept.append(channel)
        else:
            made_of[channel] = weights
    order = np.argsort(kept)
    basis = np.array(kept, dtype=np.int64)[order]
    mixing = np.zeros((stems * channels, len(kept)))
    mixing[basis, np.arange(len(kept))] = 1.0
    for channel, weights in made_of.items():
        padded = np.zeros(len(kept))
        padded[: len(weights)] = weights
        mixing[channel] = padded[order]
    dependent = np.zeros(stems * channels, dtype=np.bool_)
    dependent[list(made_of)] = True
    return Basis(
        basis,
        mixing.reshape(stems, channels, len(kept)),
        dependent.reshape(stems, channels),
    )


def own_channels(mixing: Array) -> IntArray:
    """Indices of the independent channels of one stem, given its rows of the mixing.

    Args:
        mixing: [channel basis]
    """
    kept: list[int] = []
    for channel, row in enumerate(mixing):
        rows = mixing[kept]
        weights = np.linalg.lstsq(rows.T, row)[0] if kept else np.zeros(0)
        if np.linalg.norm(row - weights @ rows) > SUSPECT * np.linalg.norm(row):
            kept.append(channel)
    return np.array(kept, dtype=np.int64)


def _gram(signal: Signal, threads: int) -> Array:
    """The Gram matrix of the track, or of a beginning in which all channels are independent."""

    def product(start: int) -> Array:
        (piece,) = pieces(signal, start, min(start + READ, signal.samples))
        with np.errstate(over="ignore", invalid="ignore"):
            return piece @ piece.T

    total = np.zeros((signal.channels, signal.channels))
    for found in in_order(product, range(0, signal.samples, READ), threads):
        with np.errstate(over="ignore", invalid="ignore"):
            total += found
        if np.isfinite(total).all() and len(_pivots(total)[0]) == signal.channels:
            return total
    refuse_not_finite(np.diag(total), np.arange(signal.channels))
    return total


def refuse_not_finite(energies: Array, channels: IntArray) -> None:
    """Refuse references with a channel whose energy is not finite.

    Args:
        energies: [channel]
        channels: [channel] int64, which of the flattened stem-channel pairs they are.

    Raises:
        DataError: an energy is not finite.
    """
    wrong = channels[~np.isfinite(energies)]
    if wrong.size:
        raise DataError(
            f"channel {wrong[0]} of the references (stem by stem) is not finite, or too loud"
        )


def _pivots(gram: Array) -> tuple[list[int], list[int]]:
    """Channels that a pivoted elimination keeps, and sounding ones that it finds redundant."""
    energies = np.diag(gram)
    sounding = energies > np.finfo(np.float64).tiny  # below, squares have lost their digits
    remainder = gram.copy()
    kept: list[int] = []
    while True:
        left = np.diag(remainder).copy()
        left[(left <= SUSPECT * energies) | ~sounding] = 0.0
        left[kept] = 0.0
        pivot = int(np.argmax(left))
        if left[pivot] == 0.0:
            break
        kept.append(pivot)
        column = remainder[:, pivot].copy()
        remainder -= np.outer(column, column) / column[pivot]
    return kept, [k for k in range(len(gram)) if sounding[k] and k not in kept]


def _dependence(signal: Signal, gram: Array, kept: list[int], channel: int) -> Array | None:
    """The channel as weights over the kept ones; None if the samples say otherwise."""
    normal = gram[np.ix_(kept, kept)]
    weights = np.linalg.lstsq(normal, gram[kept, channel])[0]
    for _ in range(2):  # a step of refinement removes the rounding of the Gram matrix
        product = np.zeros(len(kept))
        remainder = 0.0
        for piece in pieces(signal, 0, signal.samples):
            rest = piece[channel] - weights @ piece[kept]
            product += piece[kept] @ rest
            remainder += float(rest @ rest)
        scale = float(np.abs(weights) @ np.sqrt(np.diag(normal)))
        if np.sqrt(remainder) <= EXACT * scale:
            return np.asarray(weights, dtype=np.float64)
        weights = weights + np.linalg.lstsq(normal, product)[0]
    return None
