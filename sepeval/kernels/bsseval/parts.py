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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.errors import ShapeError
from sepeval.kernels.bsseval.basis import find_basis
from sepeval.kernels.bsseval.energies import (
    EPS,
    form_energies,
    form_rounding,
    quadratic_forms,
)
from sepeval.kernels.bsseval.formed import formed_energies
from sepeval.kernels.bsseval.lagged import Products
from sepeval.kernels.bsseval.parallel import in_order
from sepeval.kernels.bsseval.projections import Projections, project
from sepeval.kernels.bsseval.reader import Lagged, Reader
from sepeval.kernels.bsseval.references import (
    Choice,
    Correlations,
    ReferenceSide,
    check_references,
    solvable,
)
from sepeval.kernels.bsseval.signals import (
    Signal,
    difference,
    selection,
    silent,
    window_energies,
)
from sepeval.types import Array, BoolArray, EngineName, IntArray, Stems

ROUNDING = 2.0**-46  # of ‖p − s‖²: artefacts below are rounding, and are stored as zero
DOUBT = 1e-6  # of an energy, 4e-6 dB: where rounding may be worth more, signals are formed


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
    expected = (*side.basis.mixing.shape[:2], side.samples)
    if references.shape != expected:
        raise ShapeError(f"references have shape {references.shape}; the side has {expected}")
    rows = _rows(references, estimates, stems)
    basis = selection(references, side.basis.channels)
    reader = Reader(basis, side.windows, side.taps, threads, engine)
    wrong = difference(references, estimates, rows)
    (cross,) = reader.lagged(wrong)
    return _Scored(references, estimates, rows, reader, wrong, cross).parts(side)


def side_and_part_energies(
    references: Stems,
    estimates: Stems,
    windows: IntArray,
    *,
    stems: Sequence[int] | None = None,
    taps: int = 512,
    regularisation: Choice = "stable",
    threads: int = 2,
    engine: EngineName = "scipy",
) -> tuple[ReferenceSide, PartEnergies]:
    """`reference_side` and `part_energies` in one pass over the audio, to the same bits.

    Arguments and errors are those of both.
    """
    check_references(references, windows, taps)
    rows = _rows(references, estimates, stems)
    basis = find_basis(references, threads=threads)
    reader = Reader(selection(references, basis.channels), windows, taps, threads, engine)
    wrong = difference(references, estimates, rows)
    own, cross = reader.lagged(reader.basis, wrong)
    found = Correlations(windows, references.shape[2], basis, own.windows, own.whole)
    side = solvable(found, regularisation)
    return side, _Scored(references, estimates, rows, reader, wrong, cross).parts(side)


@dataclass(frozen=True, eq=False)
class _Scored:
    """Estimates whose products with the references are known.

    Attributes:
        references: [stem channel sample]
        estimates: [estimate channel sample]
        stems: the stem of each estimate.
        reader: of the references.
        wrong: d = p − s, estimate by estimate.
        cross: products of the basis with d.
    """

    references: Stems
    estimates: Stems
    stems: list[int]
    reader: Reader
    wrong: Signal
    cross: Lagged

    def parts(self, side: ReferenceSide) -> PartEnergies:
        """The energies of all parts."""
        count, channels, _ = self.estimates.shape
        columns = self.cross.whole.reshape(-1, count, channels, side.taps)
        finite = np.asarray(np.isfinite(columns).all(axis=(0, 2, 3)))
        columns = np.where(finite[:, None, None], columns, 0.0)
        filters = project(side, columns, self.stems, silent(self.estimates))
        energies = window_energies(
            self.references, self.estimates, self.stems, side.windows, self.reader.threads
        )
        found = self._energies(side, filters, energies.error)
        defined = np.asarray(finite & side.present[self.stems])[:, None]
        names = ("spatial", "target", "interference", "projection", "artefacts")
        parts = {
            name: np.where(defined, one, np.nan) for name, one in zip(names, found, strict=True)
        }
        return PartEnergies(**energies._asdict(), **parts)

    def _energies(self, side: ReferenceSide, filters: Projections, error: Array) -> Array:
        """Energies of e_spat, s + e_spat, e_interf, the projection and e_artif.

        Args:
            side: the references.
            filters: of all estimates.
            error: [estimate window], ‖d‖².

        Returns:
            [part estimate window], not negative.
        """
        identity, own, joint = filters.identity, filters.own, filters.joint
        parts = (own, identity + own, joint - own, identity + joint, joint)
        forms = quadratic_forms(np.concatenate(parts))
        shape = (len(parts), *error.shape)
        found = form_energies(side.products, forms).T.reshape(shape)
        rounding = form_rounding(side.products, forms).T.reshape(shape)
        power = np.einsum("wii->wi", side.products[..., 0])
        taps = np.einsum("ecbl,ecbl->eb", joint, joint)
        with np.errstate(invalid="ignore"):  # of estimates that are not finite
            found[4] += error - 2.0 * self._inner_products(joint)
            rounding[4] += 2.0 * EPS * np.sqrt(error * (taps @ power.T))
        doubtful = (rounding > DOUBT * np.abs(found)) & (rounding > ROUNDING * error)
        self._form(filters, np.asarray(doubtful.any(axis=0)), found)
        found[4] = np.where(found[4] > ROUNDING * error, found[4], 0.0)
        return np.maximum(found, 0.0)

    def _form(self, filters: Projections, doubtful: BoolArray, found: Array) -> None:
        """Put energies of formed signals in place of doubtful ones, [estimate window]."""
        rows = {
            int(one): np.flatnonzero(doubtful[:, one]) for one in np.flatnonzero(doubtful.any(0))
        }

        def formed(window: int) -> Array:
            start, stop = self.reader.windows[window].tolist()
            return formed_energies(
                self.reader.basis, self.wrong, (start, stop), filters, rows[window].tolist()
            )

        for window, energies in zip(rows, in_order(formed, rows, self.reader.threads), strict=True):
            found[:, rows[window], window] = energies

    def _inner_products(self, filters: Array) -> Array:
        """⟨d, filtered basis⟩, [estimate window]; filters are [estimate channel basis tap]."""
        estimates, channels, basis, taps = filters.shape
        found = np.zeros((estimates, len(self.reader.windows)))

        def reduce(window: int, products: Products) -> None:
            columns = products[0].reshape(basis, estimates, channels, taps)
            found[:, window] = np.einsum("ecbl,becl->e", filters, columns)

        if len(self.cross.windows) < len(self.reader.windows):
            self.reader.visit((self.wrong,), reduce)
        else:
            for window, product in enumerate(self.cross.windows):
                reduce(window, (product,))
        return found


def _rows(references: Stems, estimates: Stems, stems: Sequence[int] | None) -> list[int]:
    """The stem of each estimate."""
    count, *expected = references.shape
    rows = list(range(count)) if stems is None else list(stems)
    if estimates.shape != (len(rows), *expected):
        raise ShapeError(
            f"estimates have shape {estimates.shape}; {(len(rows), *expected)} is needed"
        )
    if any(not 0 <= stem < count for stem in rows):
        raise ShapeError(f"stems are {rows}; there are {count} references")
    return rows
