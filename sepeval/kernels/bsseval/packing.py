"""A reference side as plain arrays, and back, so that it can be kept between runs.

Factors are not packed: they take less time to make than to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sepeval.kernels.bsseval.basis import Basis
from sepeval.kernels.bsseval.filters import Regularisation
from sepeval.kernels.bsseval.references import Correlations, ReferenceSide, solvable

Packed: TypeAlias = Mapping[str, NDArray[Any]]  # Any: floats, integers and truth values


def pack(side: ReferenceSide) -> Packed:
    """Return all that `unpack` needs to give the same values to the bit."""
    return {
        "windows": side.windows,
        "sizes": np.array([side.samples, side.regularisation == "ridge"]),
        "channels": side.basis.channels,
        "mixing": side.basis.mixing,
        "dependent": side.basis.dependent,
        "products": side.products,
        "correlations": side.correlations,
    }


def unpack(packed: Packed) -> ReferenceSide:
    """Return the reference side that was packed.

    Args:
        packed: from `pack`.
    """
    samples, ridge = (int(size) for size in packed["sizes"])
    regularisation: Regularisation = "ridge" if ridge else "museval"
    basis = Basis(packed["channels"], packed["mixing"], packed["dependent"])
    found = Correlations(
        packed["windows"], samples, basis, packed["products"], packed["correlations"]
    )
    return solvable(found, regularisation)
