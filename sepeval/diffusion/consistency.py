"""Samplers of consistency models: each call of the network leads to the clean state.

Between calls the state is noised again, to the next level. The papers do so before every further
step; DiCoSe's released code leaves out one, which changes its output by some hundredths of full
scale. Both are here under their names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from sepeval.diffusion.types import Denoiser, Draw, Sampled


def onestep(denoiser: Denoiser, base: Tensor, draw: Draw, sigma: float) -> Sampled:
    """Return D(base + σ ε, σ).

    Args:
        denoiser: D, the consistency function.
        base: [item ...], what σ ε is added to.
        draw: the noise; called once.
        sigma: σ.
    """
    return Sampled(denoiser(base + sigma * draw(), sigma), 1)


def multistep(denoiser: Denoiser, base: Tensor, draw: Draw, sigmas: Sequence[float]) -> Sampled:
    """Sample as the papers write: noise before every step.

    The first step is `onestep`. Then, T − 1 times, xᵢ = D(xᵢ₋₁ + √(σᵢ² − σ_min²) ε, σᵢ).

    Args:
        denoiser: D, the consistency function.
        base: [item ...], what σ₀ ε is added to.
        draw: the noise; called T times.
        sigmas: T + 1 levels, the last of them σ_min, at which the network is not called.

    References:
        [1] Song, Dhariwal, Chen, Sutskever. "Consistency Models", ICML 2023, algorithm 1.
    """
    return _steps(denoiser, base, draw, sigmas, noised=len(sigmas) - 2)


def multistep_released(
    denoiser: Denoiser, base: Tensor, draw: Draw, sigmas: Sequence[float]
) -> Sampled:
    """Sample as DiCoSe's released code does: as `multistep`, without noise before the last step.

    Two steps thus have no noise between them, and one step is the same in both.

    Args:
        denoiser: D, the consistency function.
        base: [item ...], what σ₀ ε is added to.
        draw: the noise; called T − 1 times, once where T is 1.
        sigmas: T + 1 levels, the last of them σ_min, at which the network is not called.
    """
    return _steps(denoiser, base, draw, sigmas, noised=len(sigmas) - 3)


def _steps(
    denoiser: Denoiser, base: Tensor, draw: Draw, sigmas: Sequence[float], *, noised: int
) -> Sampled:
    """Calls at all levels but the last; noise behind the first `noised` of them."""
    x = base + sigmas[0] * draw()
    steps = len(sigmas) - 1
    for step, sigma in enumerate(sigmas[:-1]):
        x = denoiser(x, sigma)
        if step < noised:
            x = x + math.sqrt(sigmas[step + 1] ** 2 - sigmas[-1] ** 2) * draw()
    return Sampled(x, steps)
