"""What the network is told beside the waveform: the noise level and the label.

Each becomes a vector; two more layers act on their sum, and every ResNet block hears the result.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sepeval.networks.unet1d.config import UNet1dConfig


class LearnedFrequencies(nn.Module):
    """[t, sin 2π w t, cos 2π w t] with learned w.

    Args:
        features: number of sines and cosines together, even.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.randn(features // 2))

    def forward(self, time: Tensor) -> Tensor:
        """Return [item 1 + features] from [item]."""
        column = time.unsqueeze(-1)
        angle = column * self.weights * (2.0 * math.pi)
        return torch.cat([column, angle.sin(), angle.cos()], dim=-1)


def of_time(config: UNet1dConfig) -> nn.Sequential:
    """Return the layers from the noise level [item] to [item mapping]."""
    frequencies = LearnedFrequencies(config.channels)
    embedding = nn.Sequential(frequencies, nn.Linear(config.channels + 1, config.mapping))
    return nn.Sequential(embedding, nn.GELU())


def of_label(config: UNet1dConfig) -> nn.Sequential:
    """Return the layers from the label [item label] to [item mapping]."""
    return nn.Sequential(nn.Linear(config.labels, config.mapping), nn.GELU())


def of_both(config: UNet1dConfig) -> nn.Sequential:
    """Return the layers behind the sum of both, [item mapping] to [item mapping]."""
    width = config.mapping
    return nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width), nn.GELU())
