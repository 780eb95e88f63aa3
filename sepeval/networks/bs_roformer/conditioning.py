"""How the noise level and the stem reach every layer of a refiner."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class FiLM(nn.Module):
    """Feature-wise scale and shift, from a mapping.

        y = x (1 + a) + b,   [a, b] = W GELU(m) + c

    References:
        [1] Perez, Strub, de Vries, Dumoulin, Courville. "FiLM: visual reasoning with a general
            conditioning layer", AAAI 2018.
    """

    def __init__(self, dim: int, *, width: int) -> None:
        super().__init__()
        self.to_scale_shift = nn.Sequential(nn.GELU(), nn.Linear(width, 2 * dim))

    def forward(self, x: Tensor, mapping: Tensor) -> Tensor:
        """Return x modulated.

        Args:
            x: [item ... feature].
            mapping: [item width], m.
        """
        scale, shift = self.to_scale_shift(mapping).chunk(2, dim=-1)
        shape = (x.shape[0], *[1] * (x.ndim - 2), x.shape[-1])
        modulated: Tensor = x * (scale.view(shape) + 1.0) + shift.view(shape)
        return modulated


class SinusoidalEmbedding(nn.Module):
    """Sines, then cosines, of the noise level at frequencies from 1 down to 10⁻⁴."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, noise: Tensor) -> Tensor:
        """Return [item dim] for c_noise [item]."""
        half = self.dim // 2
        index = torch.arange(half, device=noise.device, dtype=torch.float32)
        angle = noise.float()[:, None] * torch.exp(index * -(math.log(10000.0) / (half - 1)))
        return torch.cat((angle.sin(), angle.cos()), dim=-1)


def time_embedding(dim: int, *, width: int) -> nn.Sequential:
    """Return the network from c_noise [item] to [item width]."""
    return nn.Sequential(
        nn.Sequential(SinusoidalEmbedding(dim), nn.Linear(dim, width)),
        nn.GELU(),
    )


def mapping_network(width: int) -> nn.Sequential:
    """Return the network from the sum of the embeddings to the mapping; [item width] both."""
    return nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width), nn.GELU())


def modulated(x: Tensor, film: FiLM | None, mapping: Tensor | None) -> Tensor:
    """Return x modulated by the mapping; x itself in a network without FiLM."""
    return x if film is None or mapping is None else film(x, mapping)
