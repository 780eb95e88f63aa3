"""The filters that project the difference of estimate and reference on the references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.kernels.bsseval.filters import Equations
from sepeval.kernels.bsseval.references import ReferenceSide
from sepeval.types import Array, BoolArray


@dataclass(frozen=True, eq=False)
class Projections:
    """Filters from the basis to each channel of each estimate, [estimate channel basis tap].

    Attributes:
        identity: the filters that make the reference itself.
        own: what the projection on the stem's own channels adds to the reference.
        joint: what the projection on the channels of all stems adds to the reference.
    """

    identity: Array
    own: Array
    joint: Array


def project(
    side: ReferenceSide, products: Array, stems: Sequence[int], silent: BoolArray
) -> Projections:
    """Filters of both projections of p = s + d, without the identity.

    (G + Λ) c = ⟨delayed channels, s + d⟩ has the solution c = δ + x, where δ makes s and
    (G + Λ) x = ⟨delayed channels, d⟩ − Λ δ. Of a silent estimate c = 0, without any rounding.

    Args:
        side: the references.
        products: [basis estimate channel lag], of the basis with d over the whole track.
        stems: the stem of each estimate.
        silent: [estimate], True where p = 0 over the whole track.
    """
    right = products.transpose(1, 2, 0, 3)
    mixing = side.basis.mixing[list(stems)]
    identity = np.zeros_like(right)
    identity[..., 0] = mixing
    own = np.zeros_like(right)
    for row, stem in enumerate(stems):
        alone = side.own[stem]
        projected = np.einsum("ob,cbl->col", alone.rows, right[row])
        solved = _solve(alone.equations, projected, alone.channels)
        own[row] = np.einsum("ob,col->cbl", alone.rows, solved)
    shape = right.shape
    flat = (shape[0] * shape[1], *shape[2:])
    joint = _solve(side.joint, right.reshape(flat), mixing.reshape(flat[:2])).reshape(shape)
    own[silent] = joint[silent] = -identity[silent]
    return Projections(identity, own, joint)


def _solve(equations: Equations, right: Array, identity: Array) -> Array:
    """Solution of (G + Λ) x = right − Λ δ, [column channel tap]; δ [column channel] is at lag 0."""
    shifted = right.copy()
    shifted[..., 0] -= equations.added * identity
    return equations.solve(shifted)
