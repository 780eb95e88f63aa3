"""The way down, the bottleneck and the way up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sepeval.networks.unet1d.attention import OverPositions, Transformer
from sepeval.networks.unet1d.config import UNet1dConfig
from sepeval.networks.unet1d.resnet import ResnetBlock

_SKIP_SCALE = 2.0**-0.5


class Lowered(NamedTuple):
    """Output of a level on the way down, and what its counterpart on the way up gets."""

    x: Tensor
    skips: tuple[Tensor, ...]


class Down(nn.Module):
    """A strided convolution, ResNet blocks, and a transformer where the level has attention."""

    def __init__(self, config: UNet1dConfig, level: int) -> None:
        super().__init__()
        factor = config.factors[level]
        before, width = (
            config.channels * config.multipliers[level],
            config.channels * config.multipliers[level + 1],
        )
        self.downsample = nn.Conv1d(
            before,
            width,
            kernel_size=factor * config.kernel_multiplier + 1,
            stride=factor,
            padding=factor * config.kernel_multiplier // 2,
        )
        self.blocks = nn.ModuleList(
            ResnetBlock(width, width, groups=config.groups, mapping=config.mapping)
            for _ in range(config.num_blocks[level])
        )
        self.transformer = Transformer(width, config) if config.attentions[level] else None

    def forward(self, x: Tensor, mapping: Tensor) -> Lowered:
        """Return the output, and the output of every layer behind the convolution."""
        x = self.downsample(x)
        skips = []
        for block in self.blocks:
            x = block(x, mapping)
            skips.append(x)
        if self.transformer is not None:
            x = self.transformer(x)
            skips.append(x)
        return Lowered(x, tuple(skips))


class Bottleneck(nn.Module):
    """A block, attention without a skip, a block."""

    def __init__(self, config: UNet1dConfig) -> None:
        super().__init__()
        width = config.channels * config.multipliers[-1]
        self.pre_block = ResnetBlock(width, width, groups=config.groups, mapping=config.mapping)
        has_attention = config.has_bottleneck_attention
        self.attention = OverPositions(width, config) if has_attention else None
        self.post_block = ResnetBlock(width, width, groups=config.groups, mapping=config.mapping)

    def forward(self, x: Tensor, mapping: Tensor) -> Tensor:
        """Return [item channel position]."""
        x = self.pre_block(x, mapping)
        if self.attention is not None:
            x = self.attention(x)
        out: Tensor = self.post_block(x, mapping)
        return out


class Up(nn.Module):
    """One ResNet block per skip, a transformer, and a transposed convolution."""

    def __init__(self, config: UNet1dConfig, level: int) -> None:
        super().__init__()
        factor = config.factors[level]
        after, width = (
            config.channels * config.multipliers[level],
            config.channels * config.multipliers[level + 1],
        )
        has_attention = config.attentions[level]
        self.blocks = nn.ModuleList(
            ResnetBlock(2 * width, width, groups=config.groups, mapping=config.mapping)
            for _ in range(config.num_blocks[level] + has_attention)
        )
        self.transformer = Transformer(width, config) if has_attention else None
        self.upsample = nn.ConvTranspose1d(
            width,
            after,
            kernel_size=2 * factor,
            stride=factor,
            padding=factor // 2 + factor % 2,
            output_padding=factor % 2,
        )

    def forward(self, x: Tensor, skips: Sequence[Tensor], mapping: Tensor) -> Tensor:
        """Return [item channel position]; the last skip is used first."""
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(torch.cat([x, skip * _SKIP_SCALE], dim=1), mapping)
        if self.transformer is not None:
            x = self.transformer(x)
        out: Tensor = self.upsample(x)
        return out
