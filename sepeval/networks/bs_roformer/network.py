"""BS-RoFormer: all stems of a mixture in one pass."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sepeval.networks.bs_roformer.band_split import BandSplit
from sepeval.networks.bs_roformer.config import BSRoFormerConfig
from sepeval.networks.bs_roformer.masks import MaskEstimator, masked
from sepeval.networks.bs_roformer.normalisation import RMSNorm
from sepeval.networks.bs_roformer.spectrum import spectrum
from sepeval.networks.bs_roformer.transformer import axial_layers, in_turn


class Features(NamedTuple):
    """What a BS-RoFormer knows about a mixture, from its input to its output.

    Attributes:
        spectra: [item channel frequency frame], complex, of the mixture.
        bands: [item frame band feature], after the band split.
        states: after every transformer: along frames [item band frame feature], along bands
            [item frame band feature], in turn.
        normed: [item frame band feature], what the mask estimators see.
        masks: [item stem frame value], see `MaskEstimator`.
        separated: [item stem channel sample], the estimates.
    """

    spectra: Tensor
    bands: Tensor
    states: tuple[Tensor, ...]
    normed: Tensor
    masks: Tensor
    separated: Tensor


class BSRoFormer(nn.Module):
    """The deterministic network.

    The published checkpoints give drums, bass, other, vocals, in this order. Nothing is
    normalised and nothing is clamped.
    """

    def __init__(self, config: BSRoFormerConfig) -> None:
        super().__init__()
        self.config = config
        self.band_split = BandSplit(config)
        self.layers = axial_layers(config, width=None)
        self.final_norm = RMSNorm(config.dim)
        self.mask_estimators = nn.ModuleList(MaskEstimator(config) for _ in range(config.num_stems))

    def forward(self, mixture: Tensor) -> Tensor:
        """Return [item stem channel sample] for a mixture [item channel sample]."""
        spectra = spectrum(mixture, self.config)
        x = self.band_split(spectra)
        for state in in_turn(self.layers, x, None):
            x = state
        return masked(
            spectra, self._masks(self.final_norm(x)), self.config, length=mixture.shape[-1]
        )

    def features(self, mixture: Tensor) -> Features:
        """Return everything on the way from a mixture [item channel sample] to its stems.

        The features do not depend on a stem: one pass serves the refinement of all stems. The
        states of a full-size network take 0.1 GB each per 11 s in float32.
        """
        spectra = spectrum(mixture, self.config)
        bands = self.band_split(spectra)
        states = tuple(in_turn(self.layers, bands, None))
        normed = self.final_norm(states[-1])
        masks = self._masks(normed)
        separated = masked(spectra, masks, self.config, length=mixture.shape[-1])
        return Features(spectra, bands, states, normed, masks, separated)

    def _masks(self, normed: Tensor) -> Tensor:
        return torch.stack([estimator(normed) for estimator in self.mask_estimators], dim=1)
