"""The refiner: a BS-RoFormer that hears one noisy stem and what the extractor knows.

With `use_context_time` it is the network of the diffusion and the consistency model; without, it
is Det.2 as the published code builds it: that network has no FiLM, and its stem embedding is kept
with the weights and never used.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sepeval.networks.bs_roformer.adapters import adapted_spectrum, spectrum_adapter, token_adapter
from sepeval.networks.bs_roformer.band_split import BandSplit
from sepeval.networks.bs_roformer.conditioning import mapping_network, time_embedding
from sepeval.networks.bs_roformer.config import RefinerConfig
from sepeval.networks.bs_roformer.masks import MaskEstimator, masked
from sepeval.networks.bs_roformer.network import Features
from sepeval.networks.bs_roformer.normalisation import RMSNorm
from sepeval.networks.bs_roformer.spectrum import spectrum
from sepeval.networks.bs_roformer.transformer import axial_layers, in_turn


class Condition(NamedTuple):
    """What a refiner adds to its own states: the adapted features of a mixture.

    Attributes:
        spectra: [item channel frequency frame], complex.
        bands: [item frame band feature].
        states: one per transformer, laid out as `Features.states`.
    """

    spectra: Tensor
    bands: Tensor
    states: tuple[Tensor, ...]


class Refiner(nn.Module):
    """Refines one stem at a time, under a condition that serves all stems and noise levels."""

    def __init__(self, config: RefinerConfig) -> None:
        super().__init__()
        trunk = config.trunk
        width = 4 * trunk.dim
        self.config = config
        if config.use_context_time:
            self.to_time = time_embedding(trunk.dim, width=width)
            self.to_mapping = mapping_network(width)
        self.stem_embedding = nn.Embedding(trunk.num_stems, width)
        self.stft_feature_adapter = spectrum_adapter(
            trunk.channels, hidden=config.stft_adapter_hidden
        )
        self.band_split_feature_adapter = token_adapter(trunk.dim)
        self.transformer_feature_adapters = nn.ModuleList(
            token_adapter(trunk.dim) for _ in range(2 * trunk.depth)
        )
        self.band_split = BandSplit(trunk)
        self.layers = axial_layers(trunk, width=width if config.use_context_time else None)
        self.final_norm = RMSNorm(trunk.dim)
        self.mask_estimators = nn.ModuleList(MaskEstimator(trunk) for _ in range(trunk.num_stems))

    def condition(self, features: Features) -> Condition:
        """Return the adapted features of the extractor; they depend on the mixture alone."""
        adapters = self.transformer_feature_adapters
        return Condition(
            adapted_spectrum(self.stft_feature_adapter, features.spectra),
            self.band_split_feature_adapter(features.bands),
            tuple(adapter(state) for adapter, state in zip(adapters, features.states, strict=True)),
        )

    def forward(
        self, audio: Tensor, condition: Condition, *, stem: int, noise: Tensor | None
    ) -> Tensor:
        """Return the network's answer for one stem.

        Args:
            audio: [item channel sample], the stem as it is now, already scaled.
            condition: see `condition`.
            stem: index of the stem.
            noise: [item], c_noise; None for Det.2.

        Returns:
            [item channel sample]; what it means is the business of the preconditioning.
        """
        trunk = self.config.trunk
        mapping = None if noise is None else self._mapping(noise, stem)
        spectra = spectrum(audio, trunk) + condition.spectra
        x = self.band_split(spectra) + condition.bands
        for state in in_turn(self.layers, x, mapping, condition.states):
            x = state
        masks = self.mask_estimators[stem](self.final_norm(x))
        return masked(spectra, masks[:, None], trunk, length=audio.shape[-1])[:, 0]

    def _mapping(self, noise: Tensor, stem: int) -> Tensor:
        embedded: Tensor = self.to_time(noise) + self.stem_embedding.weight[stem]
        mapping: Tensor = self.to_mapping(embedded)
        return mapping


def refined(
    refiner: Refiner, audio: Tensor, condition: Condition, *, noise: Tensor | None
) -> Tensor:
    """Return the network's answer for all stems, one after another.

    Args:
        refiner: the network.
        audio: [item stem channel sample].
        condition: see `Refiner.condition`.
        noise: [item], c_noise; None for Det.2.

    Returns:
        [item stem channel sample].
    """
    stems = [
        refiner(one, condition, stem=stem, noise=noise)
        for stem, one in enumerate(audio.unbind(dim=1))
    ]
    return torch.stack(stems, dim=1)
