"""From samples to positions and back: a ResNet block, and 16 samples beside each other as one.

The order of channels is that of the checkpoints: the samples of a patch vary fastest.
"""

from __future__ import annotations

from torch import Tensor, nn

from sepeval.networks.unet1d.config import UNet1dConfig
from sepeval.networks.unet1d.resnet import ResnetBlock


class PatchIn(nn.Module):
    """[item channel sample] to [item channel position]."""

    def __init__(self, config: UNet1dConfig) -> None:
        super().__init__()
        self.patch = config.patch
        narrow = config.channels // config.patch
        groups = min(config.patch, config.in_channels)
        self.block = ResnetBlock(config.in_channels, narrow, groups=groups, mapping=config.mapping)

    def forward(self, x: Tensor, mapping: Tensor) -> Tensor:
        """Return positions, fewer than samples by the factor `patch`."""
        narrow: Tensor = self.block(x, mapping)
        items, channels, samples = narrow.shape
        cut = narrow.reshape(items, channels, samples // self.patch, self.patch)
        return cut.transpose(2, 3).reshape(items, channels * self.patch, samples // self.patch)


class PatchOut(nn.Module):
    """[item channel position] to [item channel sample]."""

    def __init__(self, config: UNet1dConfig) -> None:
        super().__init__()
        self.patch = config.patch
        narrow = config.channels // config.patch
        groups = min(config.patch, config.in_channels)
        self.block = ResnetBlock(narrow, config.in_channels, groups=groups, mapping=config.mapping)

    def forward(self, x: Tensor, mapping: Tensor) -> Tensor:
        """Return samples, more than positions by the factor `patch`."""
        items, channels, positions = x.shape
        cut = x.reshape(items, channels // self.patch, self.patch, positions)
        long = cut.transpose(2, 3).reshape(items, channels // self.patch, positions * self.patch)
        out: Tensor = self.block(long, mapping)
        return out


class Chain(nn.Module):
    """The one patch layer under the name that checkpoints give it, `module_list.0`."""

    def __init__(self, layer: PatchIn | PatchOut) -> None:
        super().__init__()
        self.module_list = nn.ModuleList([layer])

    def forward(self, x: Tensor, mapping: Tensor) -> Tensor:
        """Return what the layer makes of `x`."""
        out: Tensor = self.module_list[0](x, mapping)
        return out
