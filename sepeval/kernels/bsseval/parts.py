"""The parts of an estimate that BSS Eval v4 tells apart, as energies per window.

An estimate p of the stem s is written as p = s + e_spat + e_interf + e_artif:

    s + e_spat               projection of p on the stem's own channels, delayed by 0 .. taps − 1
    s + e_spat + e_interf    projection of p on the channels of all stems, delayed likewise

The filters of both projections are fitted on the whole track and applied to each window by
itself, zero-padded by taps − 1 samples, as museval does.

Everything is formed from the difference d = p − s: the filters that project d are those of p
minus the identity, so that e_spat and e_artif keep their precision when p is close to s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.errors import ShapeError
from sepeval.kernels.bsseval.energies import form_energies, quadratic_forms
from sepeval.kernels.bsseval.engines import engine as named
from sepeval.kernels.bsseval.lagged import lagged_products
from sepeval.kernels.bsseval.projections import Projections, project
from sepeval.kernels.bsseval.references import ReferenceSide
from sepeval.kernels.bsseval.signals import (
    Signal,
    audio,
    difference,
    selection,
    window_energies,
)
from sepeval.types import Array, EngineName, Stems

CROSS_BYTES = 1 << 28  # products with the estimates that are kept; beyond it audio is read twice
ROUNDING = 2.0**-46  # of ‖p − s‖²: artefacts below are rounding, and are stored as zero


@dataclass(frozen=True, eq=False)
class PartEnergies:
    """Energies of the parts of each estimate, all [stem window] float64, summed over channels.

    The last five are nan for a stem that is silent over the whole track, and for an estimate
    that holds a value that is not finite.

    Attributes:
        true: ‖s‖².
        error: ‖p − s‖², from the difference signal; needs no filters.
        estimate: ‖p‖².
        spatial: ‖e_spat‖².
        target: ‖s + e_spat‖².
        interference: ‖e_interf‖².
        projection: ‖s + e_spat + e_interf‖².
        artefacts: ‖e_artif‖²; zero where it is below 1.4e-14 of the error, which is rounding.
    """

    true: Array
    error: Array
    estimate: Array
    spatial: Array
    target: Array
    interference: Array
    projection: Array
    artefacts: Array


def part_energies(
    side: ReferenceSide,
    references: Stems,
    estimates: Stems,
    *,
    stems: Sequence[int] | None = None,
    threads: int = 2,
    engine: EngineName = "scipy",
) -> PartEnergies:
    """Energies of the parts of estimates, per stem and window of the reference side.

    Args:
        side: what `reference_side` made of the same references.
        references: [stem channel sample], the true stems.
        estimates: [estimate channel sample], the stems under test.
        stems: the stem that each estimate is of; None if estimates and stems pair up in order.
        threads: pieces of audio that are worked on at the same time; changes no value.
        engine: who transforms; changes values by rounding only.

    Returns:
        Energies [estimate window].

    Raises:
        DependencyError: the engine's package or device is missing.
        ShapeError: the arrays do not fit each other or the reference side.
    """
    rows = list(range(len(side.present))) if stems is None else list(stems)
    _check(side, references, estimates, rows)
    channels = references.shape[1]
    basis = selection(references, side.basis.channels)
    wrong = difference(references, estimates, rows)
    cross = _cross(side, basis, wrong, threads, engine)
    columns = cross.whole.reshape(basis.channels, len(rows), channels, side.taps)
    finite = np.asarray(np.isfinite(columns).all(axis=(0, 2, 3)))
    filters = project(side, np.where(finite[:, None, None], columns, 0.0), rows)
    error = window_energies(wrong, side.windows, channels, threads)
    inner = _inner_products(cross, filters.joint, len(side.windows))
    spatial, target, interference, projection, joint = _filtered(side, filters)
    artefacts = error - 2.0 * inner + joint
    artefacts = np.where(artefacts > ROUNDING * error, artefacts, 0.0)
    defined = np.asarray(finite & side.present[rows])[:, None]
    return PartEnergies(
        true=side.true[rows],
        error=error,
        estimate=window_energies(audio(estimates), side.windows, channels, threads),
        spatial=np.where(defined, spatial, np.nan),
        target=np.where(defined, target, np.nan),
        interference=np.where(defined, interference, np.nan),
        projection=np.where(defined, projection, np.nan),
        artefacts=np.where(defined, artefacts, np.nan),
    )


@dataclass(frozen=True, eq=False)
class _Cross:
    """The lagged products of the basis with d = p − s.

    Attributes:
        whole: [basis column lag], over the whole track.
        windows: [window basis column lag]; None where they are too many to keep.
        visit: reads the audio once more and hands out the products of each window.
    """

    whole: Array
    windows: Array | None
    visit: Callable[[Callable[[int, Array], None]], Array]


def _cross(
    side: ReferenceSide, basis: Signal, wrong: Signal, threads: int, engine: EngineName
) -> _Cross:
    shape = (len(side.windows), basis.channels, wrong.channels, side.taps)
    fits = 8 * int(np.prod(shape)) <= CROSS_BYTES
    kept = np.zeros(shape if fits else (0, 0, 0, 0))

    def keep(window: int, product: Array) -> None:
        if fits:
            kept[window] = product

    def visit(window_done: Callable[[int, Array], None]) -> Array:
        return lagged_products(
            basis,
            wrong,
            side.windows,
            taps=side.taps,
            threads=threads,
            engine=named(engine),
            window_done=window_done,
        )

    return _Cross(visit(keep), kept if fits else None, visit)


def _inner_products(cross: _Cross, filters: Array, windows: int) -> Array:
    """⟨d, filtered basis⟩, [estimate window]."""
    estimates, channels, basis, taps = filters.shape
    found = np.zeros((estimates, windows))

    def reduce(window: int, product: Array) -> None:
        columns = product.reshape(basis, estimates, channels, taps)
        found[:, window] = np.einsum("ecbl,becl->e", filters, columns)

    if cross.windows is None:
        cross.visit(reduce)
    else:
        for window, product in enumerate(cross.windows):
            reduce(window, product)
    return found


def _filtered(side: ReferenceSide, filters: Projections) -> Array:
    """Energies of e_spat, s + e_spat, e_interf, the projection, and the projection of d.

    Returns:
        [part estimate window], not negative.
    """
    identity, own, joint = filters.identity, filters.own, filters.joint
    parts = (own, identity + own, joint - own, identity + joint, joint)
    energies = form_energies(side.products, quadratic_forms(np.concatenate(parts)))
    return np.maximum(energies, 0.0).T.reshape(len(parts), len(own), len(side.windows))


def _check(side: ReferenceSide, references: Stems, estimates: Stems, stems: Sequence[int]) -> None:
    expected = (*side.basis.mixing.shape[:2], side.samples)
    if references.shape != expected:
        raise ShapeError(f"references have shape {references.shape}; the side has {expected}")
    if estimates.shape != (len(stems), *expected[1:]):
        raise ShapeError(
            f"estimates have shape {estimates.shape}; {(len(stems), *expected[1:])} is needed"
        )
    if any(not 0 <= stem < expected[0] for stem in stems):
        raise ShapeError(f"stems are {list(stems)}; there are {expected[0]} references")
