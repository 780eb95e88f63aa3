"""Separation with a model of the stems alone: its slope is bent so that they sum to the mixture.

The state is `[item stem sample]`, the mixture `[item 1 sample]`. The denoiser may be a joint
model of all stems (MSDM) or one model per stem side by side (ISDM).

References:
    [1] Mariani, Tallini, Postolache, Mancusi, Cosmo, Rodolà. "Multi-Source Diffusion Models for
        Simultaneous Music Generation and Separation", ICLR 2024.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from sepeval.diffusion.samplers import Slope, of_denoiser
from sepeval.diffusion.types import Denoiser


def dirac(denoiser: Denoiser, mixture: Tensor, *, source: int) -> Callable[[Tensor, float], Slope]:
    """Return the slope under a likelihood that admits only stems that sum to the mixture.

    One stem, the dependent one, is the mixture minus the others, and is set to it before each
    step; the others follow their slope minus that of the dependent stem:

        x_s = y − Σ_{j ≠ s} x_j,    dx_i/dσ = (x_i − D_i(x, σ)) / σ − (x_s − D_s(x, σ)) / σ

    Args:
        denoiser: D.
        mixture: y, [item 1 sample].
        source: s, index of the dependent stem.
    """
    free = of_denoiser(denoiser)

    def slope(x: Tensor, sigma: float) -> Slope:
        own = x[:, source : source + 1]
        rest = mixture - (x.sum(dim=1, keepdim=True) - own)
        x = torch.cat([x[:, :source], rest, x[:, source + 1 :]], dim=1)
        d = free(x, sigma).d
        return Slope(x, d - d[:, source : source + 1])

    return slope


def gaussian(
    denoiser: Denoiser, mixture: Tensor, *, width: float
) -> Callable[[Tensor, float], Slope]:
    """Return the slope under a likelihood whose deviation shrinks with the noise level.

        dx_i/dσ = (x_i − D_i(x, σ)) / σ − σ / (2 (w σ)²) (y − Σ_j x_j)

    Args:
        denoiser: D.
        mixture: y, [item 1 sample].
        width: w, standard deviation of the likelihood over σ.
    """
    free = of_denoiser(denoiser)

    def slope(x: Tensor, sigma: float) -> Slope:
        missing = mixture - x.sum(dim=1, keepdim=True)
        return Slope(x, free(x, sigma).d - sigma / (2.0 * (width * sigma) ** 2) * missing)

    return slope
