"""BSS Eval v3's variant: the filters are fitted in each window anew."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sepeval.kernels.bsseval.blocks import check_windows
from sepeval.kernels.bsseval.parts import PartEnergies, side_and_part_energies
from sepeval.kernels.bsseval.references import Choice
from sepeval.types import Array, BoolArray, EngineName, IntArray, Stems


@dataclass(frozen=True, eq=False)
class FramewiseEnergies:
    """Energies of the parts, and the conditions they were found under, window by window.

    Attributes:
        parts: energies [stem window].
        present: [stem window], False where the reference is silent in the whole window; the
            stem is then left out of the projections of the others.
        reciprocal_condition: [window], as in `ReferenceSide`.
        ill_conditioned: [window], as in `ReferenceSide`.
    """

    parts: PartEnergies
    present: BoolArray
    reciprocal_condition: Array
    ill_conditioned: BoolArray


def framewise_part_energies(
    references: Stems,
    estimates: Stems,
    windows: IntArray,
    *,
    taps: int = 512,
    regularisation: Choice = "stable",
    threads: int = 2,
    engine: EngineName = "scipy",
) -> FramewiseEnergies:
    """Energies of the parts with filters that are fitted in each window.

    This is `bss_eval_images_framewise` of BSS Eval v3: each window is a track of its own. SDR is
    the same as with filters of the whole track. Every window costs a factorisation.

    Args:
        references: [stem channel sample], the true stems.
        estimates: [stem channel sample], the stems under test.
        windows: [window 2] int64, start and stop in samples.
        taps: length of the filters, in samples.
        regularisation: as in `reference_side`, window by window.
        threads: pieces of audio that are worked on at the same time; changes no value.
        engine: as in `reference_side`.

    Raises:
        ShapeError: the shapes do not fit, or a window leaves the track.
        DataError: a reference holds a value that is not finite.
    """
    check_windows(windows, references.shape[2])
    stems, count = references.shape[0], len(windows)
    energies = {field.name: np.zeros((stems, count)) for field in fields(PartEnergies)}
    present = np.zeros((stems, count), dtype=np.bool_)
    reciprocal_condition = np.zeros(count)
    ill_conditioned = np.zeros(count, dtype=np.bool_)
    for number, (start, stop) in enumerate(windows.tolist()):
        true, guess = references[:, :, start:stop], estimates[:, :, start:stop]
        side, found = side_and_part_energies(
            true,
            guess,
            np.array([[0, stop - start]]),
            taps=taps,
            regularisation=regularisation,
            threads=threads,
            engine=engine,
        )
        for name, energy in energies.items():
            energy[:, number] = getattr(found, name)[:, 0]
        present[:, number] = side.present
        reciprocal_condition[number] = side.reciprocal_condition
        ill_conditioned[number] = side.ill_conditioned
    return FramewiseEnergies(
        PartEnergies(**energies), present, reciprocal_condition, ill_conditioned
    )
