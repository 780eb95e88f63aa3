"""From tokens to complex masks, and from masks to stems."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from sepeval.networks.bs_roformer.config import BSRoFormerConfig
from sepeval.networks.bs_roformer.spectrum import inverse


class MaskEstimator(nn.Module):
    """The complex mask of one stem: per band a tanh network that ends in a gated linear unit."""

    def __init__(self, config: BSRoFormerConfig) -> None:
        super().__init__()
        hidden = [config.mlp_expansion_factor * config.dim] * (config.mask_estimator_depth - 1)
        self.to_freqs = nn.ModuleList(
            nn.Sequential(
                _tanh_network([config.dim, *hidden, 2 * (2 * config.channels * width)]),
                nn.GLU(dim=-1),
            )
            for width in config.freqs_per_bands
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return [item frame value] for x [item frame band feature].

        Values go by frequency, then channel, then real and imaginary part.
        """
        bands = zip(self.to_freqs, x.unbind(dim=-2), strict=True)
        return torch.cat([layer(band) for layer, band in bands], dim=-1)


def _tanh_network(widths: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inside, outside in pairwise(widths):
        layers += [nn.Linear(inside, outside), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def masked(spectra: Tensor, masks: Tensor, config: BSRoFormerConfig, *, length: int) -> Tensor:
    """Return the audio of the masked spectra, without their mean.

    The frequency 0 is set to zero after the mask, as in the published networks.

    Args:
        spectra: [item channel frequency frame], complex.
        masks: [item stem frame value], see `MaskEstimator`.
        config: of the network.
        length: of the audio, in samples.

    Returns:
        [item stem channel sample], float32.
    """
    parts = masks.float().reshape(*masks.shape[:-1], -1, config.channels, 2)
    factors = torch.view_as_complex(parts).permute(0, 1, 4, 3, 2)
    stems = spectra[:, None] * factors
    audible = torch.ones(stems.shape[-2], 1, device=stems.device)
    audible[0] = 0.0
    return inverse(stems * audible, config, length=length)
