"""Rotary position embedding: attention sees how far two tokens are apart, not where they are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

THETA = 10000.0  # of the published networks


class RotaryEmbedding(nn.Module):
    """Turns pairs of neighbouring features by an angle that grows with the position.

        [x₂ᵢ, x₂ᵢ₊₁] ← R(p fᵢ) [x₂ᵢ, x₂ᵢ₊₁],   fᵢ = θ^(−2i / d)

    Attributes:
        freqs: [pair], fᵢ, in radians per position; kept with the weights and never trained.

    References:
        [1] Su, Lu, Pan, Murtadha, Wen, Liu. "RoFormer: enhanced Transformer with rotary position
            embedding", Neurocomputing 568, 2024.
    """

    def __init__(self, dim_head: int) -> None:
        super().__init__()
        freqs = THETA ** -(torch.arange(0, dim_head, 2).float() / dim_head)
        self.freqs = nn.Parameter(freqs, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return x with its features turned; [... position feature] both."""
        position = torch.arange(x.shape[-2], device=x.device, dtype=torch.float32)
        angle = position[:, None] * self.freqs.float()  # half precision would lose whole turns
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, odd * cos + even * sin), dim=-1).flatten(-2)
