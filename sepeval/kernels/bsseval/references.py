"""What BSS Eval needs of the references alone, made once and shared by all estimates.

Conditions. The references are left as they are, but not every set of references has a solution.

* Channels that depend on others sample by sample are left out; the projections do not change.
* A stem that is silent over the whole track is left out, and reported by `present`.
* Where the scaled Gram matrix is singular to working precision (its Cholesky factorisation fails,
  or its reciprocal condition is below 1e-14) the track is ill-conditioned. This is so for float
  or 24 bit audio without energy near the Nyquist frequency. There museval's own ISR, SIR and SAR
  are decided by rounding: they move by 10 to 37 dB when only the order of the sources or the
  version of the linear algebra changes, and no implementation can agree with them. 16 bit
  quantisation noise keeps the reciprocal condition of music above 1e-12 or so; a stem that is a
  copy or a sum of others but for single bits comes to 1e-14, and one that is delayed by whole
  samples below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from sepeval.errors import ShapeError, UnknownNameError
from sepeval.kernels.bsseval.basis import (
    Basis,
    find_basis,
    own_channels,
    refuse_not_finite,
)
from sepeval.kernels.bsseval.blocks import check_windows
from sepeval.kernels.bsseval.filters import (
    Equations,
    Regularisation,
    cholesky,
    combined,
    equations,
)
from sepeval.kernels.bsseval.reader import Reader
from sepeval.kernels.bsseval.signals import selection
from sepeval.types import Array, BoolArray, EngineName, IntArray, Stems

CONDITION = 1e-14  # reciprocal; below it museval does not agree with itself

Choice: TypeAlias = Literal["stable", "museval", "ridge"]


@dataclass(frozen=True, eq=False)
class OwnChannels:
    """The problem of one stem alone.

    Attributes:
        rows: [own basis], the stem's independent channels as sums of the basis.
        channels: [channel own], each channel of the stem as a sum of the independent ones.
        equations: of the independent channels.
    """

    rows: Array
    channels: Array
    equations: Equations


@dataclass(frozen=True, eq=False)
class ReferenceSide:
    """The references of a track, reduced to what projections on them need.

    Attributes:
        windows: [window 2] int64, start and stop in samples.
        taps: length of the filters, in samples.
        samples: length of the track.
        basis: the independent channels, and all channels as sums of them.
        present: [stem], False for a stem that is silent over the whole track.
        products: [window basis basis lag], lagged products in each window.
        correlations: [basis basis lag], lagged products over the whole track.
        joint: the equations of all channels of the basis.
        own: the equations of each stem alone.
        regularisation: the one that was applied.
        reciprocal_condition: of the scaled Gram matrix with museval's diagonal, as LAPACK's
            `pocon` estimates it, to three digits; 0 where it is not positive definite in float64.
        ill_conditioned: True where museval's ISR, SIR and SAR are decided by rounding.
    """

    windows: IntArray
    taps: int
    samples: int
    basis: Basis
    present: BoolArray
    products: Array
    correlations: Array
    joint: Equations
    own: tuple[OwnChannels, ...]
    regularisation: Regularisation
    reciprocal_condition: float
    ill_conditioned: bool


def reference_side(
    references: Stems,
    windows: IntArray,
    *,
    taps: int = 512,
    regularisation: Choice = "stable",
    threads: int = 2,
    engine: EngineName = "scipy",
) -> ReferenceSide:
    """Correlations, factors and condition of the references of one track.

    The filters solve (G + Λ) c = D with a diagonal Λ:

        museval   Λ = 2.2e-16 I, on every track. On an ill-conditioned track the answer is made
                  of rounding, by LU where Cholesky fails.
        ridge     Λ = 1e-10 diag G, on every track, so that the level of one stem is nothing to
                  another. On ill-conditioned tracks it is reproducible to 1e-4 dB. It moves the
                  ISR, SIR and SAR of broadband 16 bit tracks by less than 1e-6 dB, of low-passed
                  16 bit ones by 0.1 dB, of tracks resampled in float by up to 5 dB.
        stable    museval, and ridge where the track is ill-conditioned. This is the default.

    Args:
        references: [stem channel sample], the true stems; anything that slices like an array.
        windows: [window 2] int64, start and stop in samples; they may overlap and leave gaps.
        taps: length of the filters, in samples.
        regularisation: which Λ.
        threads: pieces of audio that are worked on at the same time; changes no value.
        engine: who transforms; changes values by rounding only.

    Raises:
        DependencyError: the engine's package or device is missing.
        ShapeError: the references are not [stem channel sample], or a window leaves the track.
        DataError: a reference holds a value that is not finite.
    """
    check_references(references, windows, taps)
    basis = find_basis(references, threads=threads)
    reader = Reader(selection(references, basis.channels), windows, taps, threads, engine)
    (own,) = reader.lagged(reader.basis)
    found = Correlations(windows, references.shape[2], basis, own.windows, own.whole)
    return solvable(found, regularisation)


def check_references(references: Stems, windows: IntArray, taps: int) -> None:
    """Refuse what has no reference side.

    Raises:
        ShapeError: the references are not [stem channel sample], or a window leaves the track.
    """
    if references.ndim != 3 or taps < 1:
        raise ShapeError(
            f"references are [stem channel sample] and taps at least 1; "
            f"found shape {references.shape} and {taps} taps"
        )
    check_windows(windows, references.shape[2])


class Correlations(NamedTuple):
    """What one pass over the references gives; see `ReferenceSide`."""

    windows: IntArray
    samples: int
    basis: Basis
    products: Array
    whole: Array


def solvable(found: Correlations, regularisation: Choice) -> ReferenceSide:
    """Factors and condition of the correlations of a track.

    Raises:
        DataError: a reference holds a value that is not finite.
    """
    whole = found.whole
    refuse_not_finite(np.einsum("iia->ia", whole)[:, 0], found.basis.channels)
    joint = cholesky(whole, "museval")
    reciprocal = 0.0 if joint is None else _to_three_digits(joint.reciprocal_condition)
    ill_conditioned = reciprocal < CONDITION
    applied = _applied(regularisation, ill_conditioned=ill_conditioned)
    if joint is None or applied == "ridge":
        joint = equations(whole, applied)
    return ReferenceSide(
        windows=found.windows,
        taps=whole.shape[2],
        samples=found.samples,
        basis=found.basis,
        present=np.asarray(found.basis.mixing.any(axis=(1, 2))),
        products=found.products,
        correlations=whole,
        joint=joint,
        own=tuple(_own_equations(whole, mixing, applied) for mixing in found.basis.mixing),
        regularisation=applied,
        reciprocal_condition=reciprocal,
        ill_conditioned=ill_conditioned,
    )


def _to_three_digits(estimate: float) -> float:
    """An estimate of a condition without the digits that are noise, so that it can be stored."""
    return float(f"{estimate:.3g}")


def _applied(choice: Choice, *, ill_conditioned: bool) -> Regularisation:
    if choice not in get_args(Choice):
        known = ", ".join(get_args(Choice))
        raise UnknownNameError(f"no regularisation is named {choice!r}; known: {known}")
    if choice == "stable":
        return "ridge" if ill_conditioned else "museval"
    return choice


def _own_equations(
    correlations: Array, mixing: Array, regularisation: Regularisation
) -> OwnChannels:
    """The problem of the stem with these rows of the mixing, [channel basis]."""
    rows = mixing[own_channels(mixing)]
    channels = np.linalg.lstsq(rows.T, mixing.T)[0].T
    own = equations(combined(correlations, rows), regularisation)
    return OwnChannels(rows, np.asarray(channels, dtype=np.float64), own)
