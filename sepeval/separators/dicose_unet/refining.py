"""From mixtures to stems: the extractor, then the refiner as its sampler calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sepeval.diffusion.sampling import Sampling, sampled
from sepeval.inference import Device, Noise, chunk_seed

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.diffusion.samplers import UnusedDraws
    from sepeval.diffusion.types import Draw
    from sepeval.networks.unet1d.network import UNet1d


def separated(
    networks: Mapping[str, UNet1d],
    chunks: Tensor,
    seeds: Sequence[int],
    sampling: Sampling | None,
    device: Device,
) -> Tensor:
    """Return [item stem channel sample] of chunks [item channel sample].

    A CPU takes one stem after another, which changes no bit and needs less memory; other devices
    take all stems at once.
    """
    import torch

    stems = networks["extractor"].config.labels
    groups = [[stem] for stem in range(stems)] if device == "cpu" else [list(range(stems))]
    found = []
    for group in groups:
        mixture = chunks.repeat_interleave(len(group), dim=0)
        label = torch.eye(stems, device=chunks.device)[group].repeat(len(chunks), 1)
        own = [chunk_seed(seed, stem) for seed in seeds for stem in group]
        noise = Noise(own, tuple(chunks.shape[1:]), device)
        one = estimates(networks, mixture, label, noise, sampling)
        found.append(one.reshape(len(chunks), len(group), *chunks.shape[1:]))
    return torch.cat(found, dim=1)


def estimates(
    networks: Mapping[str, UNet1d],
    mixture: Tensor,
    label: Tensor,
    draw: Draw,
    sampling: Sampling | None,
    *,
    unused_draws: UnusedDraws = "skip",
) -> Tensor:
    """Return one stem per item.

    Args:
        networks: `extractor`, and `refiner` unless the extractor's estimates are wanted.
        mixture: [item channel sample].
        label: [item stem], one-hot.
        draw: noise, [item channel sample].
        sampling: how the refiner samples; None: it is called once, without noise.
        unused_draws: see `diffusion.samplers.euler`.

    Returns:
        [item channel sample]; from -1 to 1 where it was sampled.
    """
    if "refiner" not in networks:
        first: Tensor = networks["extractor"](mixture, label=label)
        return first.float()
    *maps, base = networks["extractor"].maps(mixture, label=label)
    refiner = networks["refiner"]
    if sampling is None:
        second: Tensor = refiner(base, label=label, injected=(mixture, *maps))
        return second.float()

    def network(x: Tensor, noise: Tensor) -> Tensor:
        out: Tensor = refiner(x, time=noise, label=label, injected=(mixture, *maps))
        return out

    found = sampled(network, base.float(), draw, sampling, unused_draws=unused_draws)
    return found.x.clamp(-1.0, 1.0)
