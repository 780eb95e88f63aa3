"""Small networks that fit the features of the extractor to the refiner.

Their last layers begin at zero, so that an untrained refiner hears nothing of the extractor.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def spectrum_adapter(channels: int, *, hidden: int) -> nn.Sequential:
    """Return a convolutional network over the plane of frequencies and frames."""
    return nn.Sequential(
        nn.Identity(),
        nn.Conv2d(2 * channels, hidden, 3, padding=1),
        nn.GELU(),
        nn.Conv2d(hidden, hidden, 1),
        nn.GELU(),
        nn.Conv2d(hidden, hidden, 1),
        nn.GELU(),
        _zero(nn.Conv2d(hidden, 2 * channels, 3, padding=1)),
    )


def adapted_spectrum(adapter: nn.Module, spectra: Tensor) -> Tensor:
    """Return the adapter's output for spectra [item channel frequency frame], complex both."""
    plane = torch.view_as_real(spectra).permute(0, 1, 4, 2, 3)  # real and imaginary part together
    out = adapter(plane.flatten(1, 2)).float().unflatten(1, (-1, 2))
    return torch.view_as_complex(out.permute(0, 1, 3, 4, 2).contiguous())


def token_adapter(dim: int) -> nn.Sequential:
    """Return a two-layer network over the features of a token."""
    return nn.Sequential(nn.Linear(dim, dim), nn.GELU(), _zero(nn.Linear(dim, dim)))


def _zero(layer: nn.Conv2d | nn.Linear) -> nn.Conv2d | nn.Linear:
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
