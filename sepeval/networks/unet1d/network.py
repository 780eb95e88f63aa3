"""The whole 1-D U-Net: one network for separating, for denoising and for its own features.

DiCoSe's deterministic network is told the label of a stem and hears the mixture. Its refiner is
told the noise level too, hears a noised stem, and gets the maps of the deterministic network
added to its own. MSDM's network is told the noise level only and hears four noised stems.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from sepeval.errors import ShapeError
from sepeval.networks.unet1d.config import UNet1dConfig
from sepeval.networks.unet1d.levels import Bottleneck, Down, Up
from sepeval.networks.unet1d.mapping import of_both, of_label, of_time
from sepeval.networks.unet1d.patches import Chain, PatchIn, PatchOut


class UNet1d(nn.Module):
    """A U-Net on waveforms; parameters bear the names of the published checkpoints.

    Args:
        config: what shapes it.

    References:
        [1] Schneider, Kamal, Jin, Schölkopf. "Moûsai: Text-to-Music Generation with Long-Context
            Latent Diffusion", arXiv:2301.11757, 2023.
        [2] Mariani, Tallini, Postolache, Mancusi, Cosmo, Rodolà. "Multi-Source Diffusion Models
            for Simultaneous Music Generation and Separation", ICLR 2024.
    """

    def __init__(self, config: UNet1dConfig) -> None:
        super().__init__()
        self.config = config
        levels = range(len(config.factors))
        self.to_time = of_time(config) if config.has_time else None
        self.to_features = of_label(config) if config.labels else None
        self.to_mapping = of_both(config)
        self.to_in = Chain(PatchIn(config))
        self.downsamples = nn.ModuleList(Down(config, level) for level in levels)
        self.bottleneck = Bottleneck(config)
        self.upsamples = nn.ModuleList(Up(config, level) for level in reversed(levels))
        self.to_out = Chain(PatchOut(config))

    def forward(
        self,
        x: Tensor,
        *,
        time: Tensor | None = None,
        label: Tensor | None = None,
        injected: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Return [item channel sample], the last of the maps; see `maps`."""
        return self.maps(x, time=time, label=label, injected=injected)[-1]

    def maps(
        self,
        x: Tensor,
        *,
        time: Tensor | None = None,
        label: Tensor | None = None,
        injected: Sequence[Tensor] | None = None,
    ) -> tuple[Tensor, ...]:
        """Return what the network makes of a waveform, layer by layer.

        Args:
            x: [item channel sample], a multiple of `config.multiple` samples.
            time: [item], the noise level as `c_noise`; None for a network without.
            label: [item label], one-hot; None for a network without.
            injected: what is added, unscaled, in front of each layer: to the waveform, to the
                output of the patches, of each level down, of the bottleneck, and of each level
                up. For a refiner they are the mixture and the maps of the deterministic network
                without the last, which is its estimate.

        Returns:
            The output of the patches, of each level down, of the bottleneck, of each level up,
            and the waveform [item channel sample]. To the last level's output that of the
            patches is already added, as it was when the refiners were trained.

        Raises:
            ShapeError: the length is no multiple, the number of injected maps is wrong, or time or
                label are missing, or given to a network that does not hear them.
        """
        added = self._added(x, injected)
        told = self._told(time, label)
        first = self.to_in(_sum(x, next(added)), told)
        maps, skips = [first], []
        for down in self.downsamples:
            lowered = down(_sum(maps[-1], next(added)), told)
            maps.append(lowered.x)
            skips.append(lowered.skips)
        maps.append(self.bottleneck(_sum(maps[-1], next(added)), told))
        for up in self.upsamples:
            maps.append(up(_sum(maps[-1], next(added)), skips.pop(), told))
        maps[-1] = maps[-1] + first
        maps.append(self.to_out(_sum(maps[-1], next(added)), told))
        return tuple(maps)

    def _told(self, time: Tensor | None, label: Tensor | None) -> Tensor:
        """[item mapping] of noise level and label."""
        parts = []
        for name, given, layers in (
            ("noise level", time, self.to_time),
            ("label", label, self.to_features),
        ):
            if (given is None) != (layers is None):
                verb = "needs a" if given is None else "takes no"
                raise ShapeError(f"this 1-D U-Net {verb} {name}")
            if layers is not None:
                parts.append(layers(given))
        told: Tensor = self.to_mapping(sum(parts))
        return told

    def _added(self, x: Tensor, injected: Sequence[Tensor] | None) -> Iterator[Tensor | None]:
        """What is added in front of each layer; checks lengths."""
        if x.shape[-1] % self.config.multiple:
            message = (
                f"a 1-D U-Net needs a multiple of {self.config.multiple} samples; "
                f"found {x.shape[-1]}"
            )
            raise ShapeError(message)
        places = 2 * len(self.config.factors) + 3
        if injected is not None and len(injected) != places:
            message = f"{places} maps can be injected into this network; found {len(injected)}"
            raise ShapeError(message)
        return iter([None] * places if injected is None else injected)


def _sum(x: Tensor, added: Tensor | None) -> Tensor:
    return x if added is None else x + added
