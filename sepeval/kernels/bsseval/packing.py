"""A reference side as plain arrays, and back, so that it can be kept between runs.

Factors are not packed: they take less time to make than to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sepeval.kernels.bsseval.basis import Basis
from sepeval.kernels.bsseval.filters import Regularisation, equations
from sepeval.kernels.bsseval.references import (
    CONDITION,
    ReferenceSide,
    own_equations,
)

Packed: TypeAlias = Mapping[str, NDArray[Any]]  # Any: floats, integers and truth values


def pack(side: ReferenceSide) -> Packed:
    """Return all that `unpack` needs to give the same values to the bit."""
    return {
        "windows": side.windows,
        "sizes": np.array([side.taps, side.samples, side.regularisation == "ridge"]),
        "condition": np.array([side.reciprocal_condition]),
        "channels": side.basis.channels,
        "mixing": side.basis.mixing,
        "dependent": side.basis.dependent,
        "energies": side.basis.energies,
        "true": side.true,
        "products": side.products,
        "correlations": side.correlations,
    }


def unpack(packed: Packed) -> ReferenceSide:
    """Return the reference side that was packed.

    Args:
        packed: from `pack`.
    """
    taps, samples, ridge = (int(size) for size in packed["sizes"])
    reciprocal = float(packed["condition"][0])
    regularisation: Regularisation = "ridge" if ridge else "museval"
    correlations, mixing = packed["correlations"], packed["mixing"]
    return ReferenceSide(
        windows=packed["windows"],
        taps=taps,
        samples=samples,
        basis=Basis(packed["channels"], mixing, packed["dependent"], packed["energies"]),
        present=np.asarray(mixing.any(axis=(1, 2))),
        true=packed["true"],
        products=packed["products"],
        correlations=correlations,
        joint=equations(correlations, regularisation),
        own=tuple(own_equations(correlations, one, regularisation) for one in mixing),
        regularisation=regularisation,
        reciprocal_condition=reciprocal,
        ill_conditioned=reciprocal < CONDITION,
    )
