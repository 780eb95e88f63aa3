"""The parts of the U-Net: residual blocks of DDPM++, dual-path RoFormer blocks, noise embedding."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

Resampling: TypeAlias = Literal["none", "up", "down"]
HALF = math.sqrt(0.5)  # keeps the variance of a sum of two
PERIOD = 10_000.0  # longest period of the sinusoids, in embedding and rotation


class ResidualBlock(nn.Module):
    """Two convolutions with the noise level added between them, and a skip around both.

        y = (skip(x) + conv(silu(norm(conv(silu(norm(x))) + W e)))) / √2

    Args:
        inside: channels that come in.
        outside: channels that go out.
        embedding: features of the noise level, e.
        groups: of the group normalisation.
        resampling: `down`: both axes are halved by a mean over 2 x 2. `up`: doubled by repetition.
    """

    def __init__(
        self, inside: int, outside: int, *, embedding: int, groups: int, resampling: Resampling
    ) -> None:
        super().__init__()
        self.resampling = resampling
        self.norm_in = nn.GroupNorm(groups, inside, eps=1e-6)
        self.conv_in = nn.Conv2d(inside, outside, 3, padding=1)
        self.level = nn.Linear(embedding, outside)
        self.norm_out = nn.GroupNorm(groups, outside, eps=1e-6)
        self.conv_out = nn.Conv2d(outside, outside, 3, padding=1)
        self.skip = nn.Identity() if inside == outside else nn.Conv2d(inside, outside, 1)

    def forward(self, x: Tensor, level: Tensor) -> Tensor:
        """Return [item outside bin frame] of x [item inside bin frame], level [item embedding]."""
        found: Tensor = self.conv_in(self._resampled(functional.silu(self.norm_in(x))))
        found = self.norm_out(found + self.level(level)[:, :, None, None])
        found = self.conv_out(functional.silu(found))
        skipped: Tensor = self.skip(self._resampled(x))
        return (skipped + found) * HALF

    def _resampled(self, x: Tensor) -> Tensor:
        if self.resampling == "down":
            halved: Tensor = functional.avg_pool2d(x, 2)
            return halved
        if self.resampling == "up":
            return x.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)
        return x


class DualPath(nn.Module):
    """Attention along time in each row, then along frequency in each column.

    Args:
        width: channels.
        heads: of the attention.
        head_width: features per head.
    """

    def __init__(self, width: int, *, heads: int, head_width: int) -> None:
        super().__init__()
        self.time = Roformer(width, heads=heads, head_width=head_width)
        self.frequency = Roformer(width, heads=heads, head_width=head_width)

    def forward(self, x: Tensor) -> Tensor:
        """Return [item channel bin frame] of the same shape."""
        items, _, bins, frames = x.shape
        rows = self.time(x.permute(0, 2, 3, 1).flatten(0, 1))
        columns = rows.unflatten(0, (items, bins)).transpose(1, 2).flatten(0, 1)
        found: Tensor = self.frequency(columns).unflatten(0, (items, frames))
        return found.permute(0, 3, 2, 1)


class Roformer(nn.Module):
    """One transformer layer with rotary positions, normalised before attention and feed-forward.

    Args:
        width: features of a token.
        heads: of the attention.
        head_width: features per head, even.
    """

    def __init__(self, width: int, *, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = RootMeanSquare(width)
        self.qkv = nn.Linear(width, 3 * heads * head_width, bias=False)
        self.out = nn.Linear(heads * head_width, width, bias=False)
        self.feed = nn.Sequential(
            RootMeanSquare(width),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Return [sequence token feature] of the same shape."""
        split = self.qkv(self.norm(tokens)).unflatten(-1, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4)  # [sequence head token feature] each
        seen = functional.scaled_dot_product_attention(rotated(query), rotated(key), value)
        tokens = tokens + self.out(seen.transpose(1, 2).flatten(2))
        found: Tensor = tokens + self.feed(tokens)
        return found


class RootMeanSquare(nn.Module):
    """Features divided by their root mean square, times a weight each; in single precision.

    Args:
        width: features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return [... feature] of the same shape."""
        return functional.rms_norm(x.float(), self.weight.shape, self.weight)


def rotated(x: Tensor) -> Tensor:
    """Turn each pair of features by an angle that grows with the token's place.

    Args:
        x: [... token feature], an even number of features; neighbours are pairs.

    Returns:
        [... token feature]; inner products of two such tensors depend on differences of place.
    """
    tokens, features = x.shape[-2:]
    rates = PERIOD ** (
        -torch.arange(0, features, 2, device=x.device, dtype=torch.float32) / features
    )
    angle = torch.arange(tokens, device=x.device, dtype=torch.float32)[:, None] * rates
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    first, second = x[..., 0::2], x[..., 1::2]
    return torch.stack([first * cos - second * sin, first * sin + second * cos], dim=-1).flatten(-2)


class NoiseEmbedding(nn.Module):
    """Sinusoids of the noise level, and two layers.

    Args:
        sinusoids: features of the sinusoids, even.
        embedding: features that come out.
    """

    def __init__(self, sinusoids: int, embedding: int) -> None:
        super().__init__()
        self.sinusoids = sinusoids
        self.first = nn.Linear(sinusoids, embedding)
        self.second = nn.Linear(embedding, embedding)

    def forward(self, level: Tensor) -> Tensor:
        """Return [item embedding] of c_noise [item], which is ln(sigma) / 4."""
        half = self.sinusoids // 2
        place = torch.arange(half, device=level.device, dtype=torch.float32) / max(half - 1, 1)
        angle = level.float()[:, None] * PERIOD**-place
        found = self.first(torch.cat([angle.cos(), angle.sin()], dim=-1).to(level.dtype))
        return functional.silu(self.second(functional.silu(found)))
