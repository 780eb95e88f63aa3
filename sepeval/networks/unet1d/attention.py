"""Attention over positions, and the transformer at the end of a level."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sepeval.networks.unet1d.config import UNet1dConfig

_EPS = 1e-5  # of the norms in the checkpoints' training code, for float32


class FeatureNorm(nn.Module):
    """Layer norm over the features of [item position feature], with a gain and no offset."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`, normed at each position."""
        return functional.layer_norm(x, self.g.shape, eps=_EPS) * self.g


class ChannelNorm(nn.Module):
    """Layer norm over the channels of [item channel position], with a gain and no offset."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`, normed at each position."""
        variance, mean = torch.var_mean(x, dim=1, keepdim=True, correction=0)
        return (x - mean) * (variance + _EPS).rsqrt() * self.g


class Weighing(nn.Module):
    """Attention itself, behind queries, keys and values.

    Args:
        channels: of the output.
        heads: attention heads.
        head_features: width of a head.
    """

    def __init__(self, channels: int, *, heads: int, head_features: int) -> None:
        super().__init__()
        self.heads = heads
        joined = nn.Linear(heads * head_features, channels, bias=False)
        self.to_out = nn.Sequential(joined, FeatureNorm(channels))

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Return [item position channel], from three [item position (head feature)]."""
        query, key, value = (self._by_head(x) for x in (query, key, value))
        weighed = functional.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.to_out(weighed.transpose(1, 2).flatten(2))
        return out

    def _by_head(self, x: Tensor) -> Tensor:
        """[item head position feature] of [item position (head feature)]."""
        items, positions, _ = x.shape
        return x.reshape(items, positions, self.heads, -1).transpose(1, 2)


class Attention(nn.Module):
    """Self-attention on [item position channel], without a skip."""

    def __init__(self, channels: int, *, heads: int, head_features: int) -> None:
        super().__init__()
        inner = heads * head_features
        self.norm = FeatureNorm(channels)
        self.to_q = nn.Linear(channels, inner, bias=False)
        self.to_kv = nn.Linear(channels, 2 * inner, bias=False)
        self.attention = Weighing(channels, heads=heads, head_features=head_features)

    def forward(self, x: Tensor) -> Tensor:
        """Return [item position channel]."""
        x = self.norm(x)
        key, value = self.to_kv(x).chunk(2, dim=-1)
        out: Tensor = self.attention(self.to_q(x), key, value)
        return out


class OverPositions(nn.Module):
    """Attention on [item channel position]."""

    def __init__(self, channels: int, config: UNet1dConfig) -> None:
        super().__init__()
        self.fn = Attention(channels, heads=config.heads, head_features=config.head_features)

    def forward(self, x: Tensor) -> Tensor:
        """Return [item channel position]."""
        out: Tensor = self.fn(x.transpose(1, 2))
        return out.transpose(1, 2)


class Transformer(nn.Module):
    """Attention and a feed-forward network, each beside a skip, on [item channel position]."""

    def __init__(self, channels: int, config: UNet1dConfig) -> None:
        super().__init__()
        inner = channels * config.feed_forward
        self.attention = OverPositions(channels, config)
        self.feed_forward = nn.Sequential(
            ChannelNorm(channels),
            nn.Conv1d(channels, inner, 1, bias=False),
            nn.GELU(),
            ChannelNorm(inner),
            nn.Conv1d(inner, channels, 1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [item channel position]."""
        x = x + self.attention(x)
        out: Tensor = x + self.feed_forward(x)
        return out
