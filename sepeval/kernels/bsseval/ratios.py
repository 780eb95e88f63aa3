"""SDR, ISR, SIR and SAR from the energies of the parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepeval.kernels.bsseval.parts import PartEnergies
from sepeval.types import Array


class Ratios(NamedTuple):
    """Ratios [stem window] in dB, higher is better.

    +inf where the denominator is zero, −inf where the numerator is, nan where both are.
    """

    sdr: Array
    isr: Array
    sir: Array
    sar: Array


def ratios(parts: PartEnergies) -> Ratios:
    """Ratios of the energies of the parts, [stem window] in dB, higher is better.

        SDR = ‖s‖² / ‖p − s‖²                      ISR = ‖s‖² / ‖e_spat‖²
        SIR = ‖s + e_spat‖² / ‖e_interf‖²          SAR = ‖s + e_spat + e_interf‖² / ‖e_artif‖²

    as in museval 0.4.1, without any eps. museval has +inf for 0/0 too; here that is nan.

    References:
        [1] Vincent, Gribonval, Févotte. "Performance measurement in blind audio source
            separation", IEEE TASLP 14(4), 2006.
        [2] Stöter, Liutkus, Ito. "The 2018 signal separation evaluation campaign", LVA/ICA 2018.
    """
    return Ratios(
        sdr=_db(parts.true, parts.error),
        isr=_db(parts.true, parts.spatial),
        sir=_db(parts.target, parts.interference),
        sar=_db(parts.projection, parts.artefacts),
    )


def _db(numerator: Array, denominator: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(10.0 * np.log10(numerator / denominator))
