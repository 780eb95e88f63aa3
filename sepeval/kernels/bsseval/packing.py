"""A reference side as plain arrays, and back, so that it can be kept between runs.

The factor of all channels is most of the work and most of the bytes: only the panels on and below
its diagonal are packed. The factors of the stems alone take less time to make than to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sepeval.kernels.bsseval.basis import Basis
from sepeval.kernels.bsseval.engines import engine as named
from sepeval.kernels.bsseval.filters import Equations, Regularisation
from sepeval.kernels.bsseval.references import (
    CONDITION,
    ReferenceSide,
    own_equations,
)
from sepeval.types import Array, EngineName

PANEL = 512  # columns of the factor that are packed together

Packed: TypeAlias = Mapping[str, NDArray[Any]]  # Any: floats, integers and truth values


def pack(side: ReferenceSide) -> Packed:
    """Return all that `unpack` needs to give the same values to the bit."""
    joint = side.joint
    return {
        "windows": side.windows,
        "sizes": np.array([side.taps, side.samples, side.regularisation == "ridge"]),
        "condition": np.array([side.reciprocal_condition, joint.reciprocal_condition]),
        "channels": side.basis.channels,
        "mixing": side.basis.mixing,
        "dependent": side.basis.dependent,
        "energies": side.basis.energies,
        "true": side.true,
        "products": side.products,
        "correlations": side.correlations,
        "scale": joint.scale,
        "added": joint.added,
        "factor": _panels(joint.matrix) if joint.pivots is None else joint.matrix.T,
        "pivots": np.zeros(0, np.int32) if joint.pivots is None else joint.pivots,
    }


def unpack(packed: Packed, *, engine: EngineName = "scipy") -> ReferenceSide:
    """Return the reference side that was packed.

    Args:
        packed: from `pack`.
        engine: who factors the equations of the stems alone.

    Raises:
        DependencyError: the engine's package or device is missing.
    """
    taps, samples, ridge = (int(size) for size in packed["sizes"])
    reciprocal, of_joint = (float(one) for one in packed["condition"])
    regularisation: Regularisation = "ridge" if ridge else "museval"
    mixing = packed["mixing"]
    is_lu = bool(packed["pivots"].size)
    size = len(packed["channels"]) * taps
    joint = Equations(
        matrix=packed["factor"].T if is_lu else _lower(packed["factor"], size),
        pivots=packed["pivots"] if is_lu else None,
        scale=packed["scale"],
        added=packed["added"],
        reciprocal_condition=of_joint,
    )
    by = named(engine)
    return ReferenceSide(
        windows=packed["windows"],
        taps=taps,
        samples=samples,
        basis=Basis(packed["channels"], mixing, packed["dependent"], packed["energies"]),
        present=np.asarray(mixing.any(axis=(1, 2))),
        true=packed["true"],
        products=packed["products"],
        correlations=packed["correlations"],
        joint=joint,
        own=tuple(own_equations(packed["correlations"], one, regularisation, by) for one in mixing),
        regularisation=regularisation,
        reciprocal_condition=reciprocal,
        ill_conditioned=reciprocal < CONDITION,
    )


def _panels(lower: Array) -> Array:
    """The panels of columns of a lower triangle, one after the other, each from its diagonal."""
    starts = range(0, len(lower), PANEL)
    columns = lower.T  # C order, if the factor is in Fortran order
    parts = [columns[start : start + PANEL, start:].ravel() for start in starts]
    return np.concatenate(parts) if parts else np.zeros(0)


def _lower(panels: Array, size: int) -> Array:
    columns = np.zeros((size, size))
    first = 0
    for start in range(0, size, PANEL):
        panel = columns[start : start + PANEL, start:]
        panel[...] = panels[first : first + panel.size].reshape(panel.shape)
        first += panel.size
    return columns.T
