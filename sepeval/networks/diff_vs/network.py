"""The U-Net itself: noisy target and mixture in, the network's part of the denoiser out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sepeval.networks.diff_vs.blocks import DualPath, NoiseEmbedding, Resampling, ResidualBlock
from sepeval.networks.diff_vs.config import DiffVsConfig


class DiffVs(nn.Module):
    """F of the EDM denoiser, on spectra that are normalised band by band.

    The scales by which bands are divided are part of the weights, one set for the mixture and one
    for the target: training sets them to the root mean square of its data, over `sigma_data` for
    the target. That they are constants, not measured on each chunk, is a choice of this package.

    Args:
        config: see `DiffVsConfig`.
    """

    mixture_scale: Tensor  # [band]
    target_scale: Tensor  # [band]

    def __init__(self, config: DiffVsConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mixture_scale", torch.ones(len(config.bands)))
        self.register_buffer("target_scale", torch.ones(len(config.bands)))
        pixel = 2 * config.channels * config.subbands  # real and imaginary part
        widths = [config.width * factor for factor in config.multipliers]
        self.embedding = NoiseEmbedding(config.width, 4 * config.width)
        self.entry = nn.Conv2d(2 * pixel, widths[0], 3, padding=1)
        self.down = nn.ModuleList()
        skips = [widths[0]]
        for level, width in enumerate(widths):
            if level > 0:
                self.down.append(_Stage(config, skips[-1], width, resampling="down"))
                skips.append(width)
            for _ in range(config.blocks):
                stage = _Stage(config, skips[-1], width, attends=config.attention[level])
                self.down.append(stage)
                skips.append(width)
        below = widths[-1]
        self.middle = nn.ModuleList(
            [_Stage(config, below, below, attends=True), _Stage(config, below, below)]
        )
        self.up = nn.ModuleList()
        for level, width in reversed(list(enumerate(widths))):
            for _ in range(config.blocks + 1):
                inside = below + skips.pop()
                self.up.append(_Stage(config, inside, width, attends=config.attention[level]))
                below = width
            if level > 0:
                below = widths[level - 1]
                self.up.append(_Stage(config, width, below, resampling="up"))
        self.exit_norm = nn.GroupNorm(config.groups, below, eps=1e-6)
        self.exit = nn.Conv2d(below, pixel, 3, padding=1)

    def forward(self, target: Tensor, mixture: Tensor, level: Tensor) -> Tensor:
        """Return F, [item part bin frame], for spectra as `analysed` gives them, normalised.

        Args:
            target: [item part bin frame], the noisy target times c_in.
            mixture: [item part bin frame].
            level: [item], c_noise.
        """
        frames = target.shape[-1]
        step = 2 ** (len(self.config.multipliers) - 1)
        seen = functional.pad(torch.cat([target, mixture], dim=1), (0, -frames % step))
        embedded = self.embedding(level)
        x = self.entry(_stacked(seen, self.config.subbands))
        skips = [x]
        for stage in self.down:
            x = stage(x, embedded)
            skips.append(x)
        for stage in self.middle:
            x = stage(x, embedded)
        for stage in self.up:
            x = stage(x if stage.is_up else torch.cat([x, skips.pop()], dim=1), embedded)
        x = self.exit(functional.silu(self.exit_norm(x)))
        return _unstacked(x, self.config.subbands)[..., :frames]

    def mixture_scales(self) -> Tensor:
        """Return [bin 1], by which the mixture's spectrum is divided before it goes in."""
        return self._per_bin(self.mixture_scale)

    def target_scales(self) -> Tensor:
        """Return [bin 1], by which the target's spectrum is divided; the estimate is multiplied."""
        return self._per_bin(self.target_scale)

    def _per_bin(self, scale: Tensor) -> Tensor:
        bands = torch.tensor(self.config.bands, device=scale.device)
        return scale.repeat_interleave(bands)[:, None]


class _Stage(nn.Module):
    """A residual block and, where the level has attention, a dual-path block."""

    def __init__(
        self,
        config: DiffVsConfig,
        inside: int,
        outside: int,
        *,
        attends: bool = False,
        resampling: Resampling = "none",
    ) -> None:
        super().__init__()
        self.is_up = resampling == "up"
        self.block = ResidualBlock(
            inside,
            outside,
            embedding=4 * config.width,
            groups=config.groups,
            resampling=resampling,
        )
        self.paths = (
            DualPath(outside, heads=config.heads, head_width=config.head_width) if attends else None
        )

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        found: Tensor = self.block(x, level)
        return found if self.paths is None else self.paths(found)


def _stacked(spectrum: Tensor, subbands: int) -> Tensor:
    """[item part bin frame] to [item (part subband) bin frame], subbands from low to high."""
    items, parts, bins, frames = spectrum.shape
    return spectrum.reshape(items, parts * subbands, bins // subbands, frames)


def _unstacked(x: Tensor, subbands: int) -> Tensor:
    """The inverse of `_stacked`."""
    items, pixel, bins, frames = x.shape
    return x.reshape(items, pixel // subbands, bins * subbands, frames)
