"""The feed-forward half of a transformer layer."""

from __future__ import annotations

from torch import Tensor, nn

from sepeval.networks.bs_roformer.conditioning import FiLM, modulated
from sepeval.networks.bs_roformer.config import BSRoFormerConfig
from sepeval.networks.bs_roformer.normalisation import RMSNorm

EXPANSION = 4  # hidden features per feature, in the published networks


class FeedForward(nn.Module):
    """Normalises, modulates where there is a mapping, and passes each token through two layers.

    Args:
        config: of the network.
        width: of the mapping; None without FiLM.
    """

    def __init__(self, config: BSRoFormerConfig, *, width: int | None) -> None:
        super().__init__()
        self.net = nn.Sequential(
            RMSNorm(config.dim),
            nn.Linear(config.dim, EXPANSION * config.dim),
            nn.GELU(),
            nn.Dropout(config.ff_dropout),
            nn.Linear(EXPANSION * config.dim, config.dim),
            nn.Dropout(config.ff_dropout),
        )
        self.to_scale_shift = None if width is None else FiLM(config.dim, width=width)

    def forward(self, x: Tensor, mapping: Tensor | None) -> Tensor:
        """Return what the layer adds to x [item row position feature]; see `Attention`."""
        x = modulated(self.net[0](x), self.to_scale_shift, mapping)
        for layer in list(self.net.children())[1:]:
            x = layer(x)
        return x
