"""Attention along one axis of the grid of frames and bands."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812 - the name that torch's manual uses
from torch import Tensor, nn

from sepeval.networks.bs_roformer.conditioning import FiLM, modulated
from sepeval.networks.bs_roformer.config import BSRoFormerConfig
from sepeval.networks.bs_roformer.normalisation import RMSNorm
from sepeval.networks.bs_roformer.rotary import RotaryEmbedding


class Attention(nn.Module):
    """Multi-head self-attention with rotary positions and a sigmoid gate per head and token.

    Scores are never held as a whole: `scaled_dot_product_attention` goes through them in blocks.

    Args:
        config: of the network.
        rotary: shared by all layers along the same axis.
        width: of the mapping; None without FiLM.
    """

    def __init__(
        self, config: BSRoFormerConfig, rotary: RotaryEmbedding, *, width: int | None
    ) -> None:
        super().__init__()
        inner = config.heads * config.dim_head
        self.heads = config.heads
        self.dropout = config.attn_dropout
        self.rotary_embed = rotary
        self.norm = RMSNorm(config.dim)
        self.to_qkv = nn.Linear(config.dim, 3 * inner, bias=False)
        self.to_gates = nn.Linear(config.dim, config.heads)
        self.to_out = nn.Sequential(
            nn.Linear(inner, config.dim, bias=False), nn.Dropout(config.attn_dropout)
        )
        self.to_scale_shift = None if width is None else FiLM(config.dim, width=width)

    def forward(self, x: Tensor, mapping: Tensor | None) -> Tensor:
        """Return what attention adds to x.

        Args:
            x: [item row position feature]; rows do not see each other.
            mapping: [item width]; None without FiLM.
        """
        x = modulated(self.norm(x), self.to_scale_shift, mapping)
        # [row position (3 head feature)] -> three times [row head position feature]
        qkv = self.to_qkv(x).flatten(0, 1).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(1, 2) for part in qkv.unbind(-3))
        out = F.scaled_dot_product_attention(
            self.rotary_embed(query),
            self.rotary_embed(key),
            value,
            dropout_p=self.dropout if self.training else 0.0,
        )
        gates = self.to_gates(x).flatten(0, 1).sigmoid()  # [row position head]
        out = out.transpose(1, 2) * gates[..., None]
        joined: Tensor = self.to_out(out.flatten(-2).view(*x.shape[:-1], -1))
        return joined
