"""BSS Eval v4 from its definition: energies of the parts of estimates, and their ratios."""

from sepeval.kernels.bsseval.framewise import FramewiseEnergies, framewise_part_energies
from sepeval.kernels.bsseval.parts import PartEnergies, part_energies
from sepeval.kernels.bsseval.ratios import Ratios, ratios
from sepeval.kernels.bsseval.references import ReferenceSide, reference_side

__all__ = [
    "FramewiseEnergies",
    "PartEnergies",
    "Ratios",
    "ReferenceSide",
    "framewise_part_energies",
    "part_energies",
    "ratios",
    "reference_side",
]
