"""From spectra to one token per frame and band."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sepeval.networks.bs_roformer.config import BSRoFormerConfig
from sepeval.networks.bs_roformer.normalisation import RMSNorm


class BandSplit(nn.Module):
    """Cuts the frequencies into bands, each normalised and projected to a token of its own."""

    def __init__(self, config: BSRoFormerConfig) -> None:
        super().__init__()
        self.widths = [2 * config.channels * width for width in config.freqs_per_bands]
        self.to_features = nn.ModuleList(
            nn.Sequential(RMSNorm(width), nn.Linear(width, config.dim)) for width in self.widths
        )

    def forward(self, spectra: Tensor) -> Tensor:
        """Return [item frame band feature] for spectra [item channel frequency frame], complex.

        Within a band, values go by frequency, then channel, then real and imaginary part.
        """
        values = torch.view_as_real(spectra.permute(0, 3, 2, 1)).flatten(2)
        bands = torch.split(values, self.widths, dim=-1)
        return torch.stack(
            [layer(band) for layer, band in zip(self.to_features, bands, strict=True)], dim=-2
        )
