"""Samplers of diffusion models: stochastic steps along falling noise levels.

Each begins at base + σ₀ ε. A refiner's base is an estimate of the clean state, which the sampler
improves; without one it is 0, and σ₀ is large.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from torch import Tensor

from sepeval.diffusion.types import Denoiser, Draw, Sampled

UnusedDraws: TypeAlias = Literal["keep", "skip"]


class Slope(NamedTuple):
    """dx/dσ at a state.

    Attributes:
        x: [item ...], the state, which a posterior may have moved.
        d: [item ...], the derivative.
    """

    x: Tensor
    d: Tensor


def of_denoiser(denoiser: Denoiser) -> Callable[[Tensor, float], Slope]:
    """Return the slope of the probability flow, (x − D(x, σ)) / σ."""

    def slope(x: Tensor, sigma: float) -> Slope:
        return Slope(x, (x - denoiser(x, sigma)) / sigma)

    return slope


def euler(
    denoiser: Denoiser,
    base: Tensor,
    draw: Draw,
    sigmas: Sequence[float],
    *,
    s_churn: float,
    resamples: int,
    unused_draws: UnusedDraws,
) -> Sampled:
    """Sample with Euler steps, churn and resampling: the sampler of MSDM and DiCoSe.

    In each of T steps, R times: noise is added up to σ̂ = σᵢ (1 + γ), γ = min(churn / T, √2 − 1);
    an Euler step leads from σ̂ to σᵢ₊₁; and before the next time, noise from σᵢ₊₁ back to σᵢ.

    Args:
        denoiser: D.
        base: [item ...], what σ₀ ε is added to.
        draw: the noise; first ε, then as the steps need it.
        sigmas: T + 1 levels; the last may be 0.
        s_churn: total churn, which T steps share.
        resamples: R, at least 1.
        unused_draws: DiCoSe's code draws noise for a mask that is all zero at the start of each
            step. `keep` draws and drops it, so that the same stream of noise gives the same
            sample as there; `skip` does not.

    Returns:
        The sample; nfe is T R.
    """
    start = base + sigmas[0] * draw()
    return along(
        of_denoiser(denoiser),
        start,
        draw,
        sigmas,
        s_churn=s_churn,
        resamples=resamples,
        unused_draws=unused_draws,
    )


def along(
    slope: Callable[[Tensor, float], Slope],
    start: Tensor,
    draw: Draw,
    sigmas: Sequence[float],
    *,
    s_churn: float,
    resamples: int,
    unused_draws: UnusedDraws,
) -> Sampled:
    """Follow any slope as `euler` does, from a state that is noised already."""
    x = start
    steps = len(sigmas) - 1
    gamma = min(s_churn / steps, math.sqrt(2.0) - 1.0)
    for sigma, after in pairwise(sigmas):
        if unused_draws == "keep":
            draw()
        for resample in range(resamples):
            churned = sigma * (1.0 + gamma)
            x = x + math.sqrt(churned**2 - sigma**2) * draw()
            x, d = slope(x, churned)
            x = x + d * (after - churned)
            if resample < resamples - 1:
                x = x + math.sqrt(sigma**2 - after**2) * draw()
    return Sampled(x, steps * resamples)


def heun(
    denoiser: Denoiser,
    base: Tensor,
    draw: Draw,
    sigmas: Sequence[float],
    *,
    s_churn: float = 0.0,
    s_min: float = 0.0,
    s_max: float = math.inf,
    s_noise: float = 1.0,
) -> Sampled:
    """Sample with Heun's second-order steps and churn: the stochastic sampler of EDM.

    Args:
        denoiser: D.
        base: [item ...], what σ₀ ε is added to.
        draw: the noise; first ε, then one per step that churns.
        sigmas: T + 1 levels; the last may be 0, and the step to 0 is an Euler step.
        s_churn: total churn, which T steps share.
        s_min: σ below which there is no churn.
        s_max: σ above which there is none.
        s_noise: standard deviation of the noise of the churn.

    Returns:
        The sample; nfe is 2 T, less one where the last level is 0.

    References:
        [1] Karras, Aittala, Aila, Laine. "Elucidating the Design Space of Diffusion-Based
            Generative Models", NeurIPS 2022, algorithm 2.
    """
    x = base + sigmas[0] * draw()
    steps = len(sigmas) - 1
    gamma = min(s_churn / steps, math.sqrt(2.0) - 1.0)
    for sigma, after in pairwise(sigmas):
        churned = sigma
        if gamma > 0.0 and s_min <= sigma <= s_max:
            churned = sigma * (1.0 + gamma)
            x = x + math.sqrt(churned**2 - sigma**2) * s_noise * draw()
        d = (x - denoiser(x, churned)) / churned
        ahead = x + d * (after - churned)
        if after > 0.0:
            d = (d + (ahead - denoiser(ahead, after)) / after) / 2.0
            ahead = x + d * (after - churned)
        x = ahead
    return Sampled(x, 2 * steps - (sigmas[-1] == 0.0))
