"""From a network to a denoiser.

    D(x, σ) = c_skip(σ) x + c_out(σ) F(c_in(σ) x, c_noise(σ))

F is the network; the scalings keep its input and its target near variance 1. σ_data is the
standard deviation of the clean data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor


class Scalings(NamedTuple):
    """The four scalings at one σ, or at one σ per item.

    Attributes:
        skip: c_skip.
        out: c_out.
        in_: c_in.
        noise: c_noise, what the network is told.
    """

    skip: Tensor
    out: Tensor
    in_: Tensor
    noise: Tensor


Scaling: TypeAlias = Callable[[Tensor], Scalings]


def edm(sigma: Tensor, *, sigma_data: float) -> Scalings:
    """The scalings of a diffusion model.

        c_skip = σ_data² / (σ² + σ_data²)      c_out = σ σ_data / √(σ² + σ_data²)
        c_in = 1 / √(σ² + σ_data²)             c_noise = ln(σ) / 4

    Args:
        sigma: σ above 0, in any shape.
        sigma_data: σ_data.

    References:
        [1] Karras, Aittala, Aila, Laine. "Elucidating the Design Space of Diffusion-Based
            Generative Models", NeurIPS 2022, table 1.
    """
    total = sigma**2 + sigma_data**2
    return Scalings(
        skip=sigma_data**2 / total,
        out=sigma * sigma_data / total**0.5,
        in_=total**-0.5,
        noise=sigma.log() / 4.0,
    )


def consistency(sigma: Tensor, *, sigma_data: float, sigma_min: float) -> Scalings:
    """The scalings of a consistency model, which gives its input back at σ_min.

        c_skip = σ_data² / ((σ − σ_min)² + σ_data²)
        c_out = (σ − σ_min) σ_data / √(σ² + σ_data²)

    c_in and c_noise are those of `edm`. The training code of DiCoSe takes c_noise through
    1000 · ln(σ) / 4 and back, which changes it by rounding alone.

    Args:
        sigma: σ of at least `sigma_min`, in any shape.
        sigma_data: σ_data.
        sigma_min: σ_min.

    References:
        [1] Song, Dhariwal, Chen, Sutskever. "Consistency Models", ICML 2023, appendix C.
    """
    above = sigma - sigma_min
    total = sigma**2 + sigma_data**2
    return Scalings(
        skip=sigma_data**2 / (above**2 + sigma_data**2),
        out=above * sigma_data / total**0.5,
        in_=total**-0.5,
        noise=sigma.log() / 4.0,
    )


def denoiser(
    network: Callable[[Tensor, Tensor], Tensor], scaling: Scaling, *, clamp: float | None
) -> Callable[[Tensor, float | Tensor], Tensor]:
    """Return the denoiser that a network becomes.

    Args:
        network: F, from [item ...] and c_noise [item] to [item ...].
        scaling: σ to the four scalings, such as `partial(edm, sigma_data=0.2)`.
        clamp: largest magnitude of what the denoiser returns; None for no limit.

    Returns:
        A denoiser for one σ, and for one σ per item.

    Example:
        >>> from functools import partial
        >>> clean = denoiser(lambda x, noise: x * 0.0, partial(edm, sigma_data=1.0), clamp=None)
        >>> clean(torch.ones(1, 1, 2), 1.0).tolist()
        [[[0.5, 0.5]]]
    """

    def denoised(x: Tensor, sigma: float | Tensor) -> Tensor:
        if isinstance(sigma, Tensor):
            skip, out, in_, noise = (_spread(value, x) for value in scaling(sigma))
            clean = skip * x + out * network(in_ * x, noise.reshape(len(x)))
        else:  # on the host, in float64: no value has to come back from the device
            scale = [value.item() for value in scaling(torch.tensor(sigma, dtype=torch.float64))]
            told = torch.full((len(x),), scale[3], dtype=x.dtype, device=x.device)
            clean = scale[0] * x + scale[1] * network(scale[2] * x, told)
        return clean if clamp is None else clean.clamp(-clamp, clamp)

    return denoised


def _spread(values: Tensor, x: Tensor) -> Tensor:
    """[item] as [item 1 ...], in the precision and on the device of `x`."""
    return values.to(x).reshape(-1, *[1] * (x.ndim - 1))
