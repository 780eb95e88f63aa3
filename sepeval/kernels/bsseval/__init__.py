"""BSS Eval v4 from its definition: energies of the parts of estimates, and their ratios."""

from sepeval.kernels.bsseval.framewise import FramewiseEnergies, framewise_part_energies
from sepeval.kernels.bsseval.packing import Packed, pack, unpack
from sepeval.kernels.bsseval.parts import (
    PartEnergies,
    part_energies,
    side_and_part_energies,
)
from sepeval.kernels.bsseval.ratios import Ratios, ratios
from sepeval.kernels.bsseval.reader import CROSS_BYTES
from sepeval.kernels.bsseval.references import CONDITION, Choice, ReferenceSide, reference_side

__all__ = [
    "CONDITION",
    "CROSS_BYTES",
    "Choice",
    "FramewiseEnergies",
    "Packed",
    "PartEnergies",
    "Ratios",
    "ReferenceSide",
    "framewise_part_energies",
    "pack",
    "part_energies",
    "ratios",
    "reference_side",
    "side_and_part_energies",
    "unpack",
]
