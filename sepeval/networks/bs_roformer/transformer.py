"""Transformers along frames and along bands, in turn."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from sepeval.networks.bs_roformer.attention import Attention
from sepeval.networks.bs_roformer.config import BSRoFormerConfig
from sepeval.networks.bs_roformer.feed_forward import FeedForward
from sepeval.networks.bs_roformer.rotary import RotaryEmbedding


class Transformer(nn.Module):
    """A stack of attention and feed-forward layers, each added to its input.

    Args:
        config: of the network.
        depth: number of layers.
        rotary: shared by all layers along the same axis.
        width: of the mapping; None without FiLM.
    """

    def __init__(
        self,
        config: BSRoFormerConfig,
        *,
        depth: int,
        rotary: RotaryEmbedding,
        width: int | None,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [Attention(config, rotary, width=width), FeedForward(config, width=width)]
            )
            for _ in range(depth)
        )

    def forward(self, x: Tensor, mapping: Tensor | None) -> Tensor:
        """Return [item row position feature]; see `Attention`."""
        for layer in self.layers:
            for part in layer.children():
                x = x + part(x, mapping)
        return x


def axial_layers(config: BSRoFormerConfig, *, width: int | None) -> nn.ModuleList:
    """Return `depth` pairs of a transformer over frames and one over bands.

    All transformers along one axis share one vector of rotary frequencies.
    """
    over_frames, over_bands = (RotaryEmbedding(config.dim_head) for _ in range(2))
    return nn.ModuleList(
        nn.ModuleList(
            [
                Transformer(
                    config, depth=config.time_transformer_depth, rotary=over_frames, width=width
                ),
                Transformer(
                    config, depth=config.freq_transformer_depth, rotary=over_bands, width=width
                ),
            ]
        )
        for _ in range(config.depth)
    )


def in_turn(
    layers: nn.ModuleList, x: Tensor, mapping: Tensor | None, added: tuple[Tensor, ...] = ()
) -> Iterator[Tensor]:
    """Yield the hidden state after every transformer.

    Args:
        layers: see `axial_layers`.
        x: [item frame band feature].
        mapping: [item width]; None without FiLM.
        added: what is added to each state before it is yielded and goes on; laid out as what is
            yielded; none, or one per transformer.

    Yields:
        Along frames [item band frame feature], along bands [item frame band feature], in turn.
    """
    transformers = [transformer for pair in layers.children() for transformer in pair.children()]
    for number, transformer in enumerate(transformers):
        if number % 2 == 0:
            x = x.transpose(1, 2)
        x = transformer(x, mapping)
        if added:
            x = x + added[number]
        yield x
        if number % 2 == 0:
            x = x.transpose(1, 2)
