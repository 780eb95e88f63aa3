"""Networks of which a protocol can ask more: stems in another order, noise from before.

A separator runs its stems, and draws its noise, in its own way. For DiCoSe's U-Net and for
BS-RoFormer the parts of that way are put together here once more, with these two as arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sepeval.diffusion.sampling import Sampling
from sepeval.errors import SeparatorError
from sepeval.inference import ChunkFunction, Noise, chunk_seed
from sepeval.separators.network import Model, NetworkSeparator
from sepeval.timing.protocol import SegmentUnit, Stems

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.diffusion.types import Draw

Draws = Callable[[Sequence[int], "tuple[int, ...]"], "Draw"]  # seeds and shape of an item


def segment_function(
    separator: NetworkSeparator, model: Model, unit: SegmentUnit, description: Mapping[str, Any]
) -> ChunkFunction:
    """Return the separator's network as a function of segments, as a protocol wants it.

    Args:
        separator: its settings.
        model: of it.
        unit: what the protocol says.
        description: of the separator.

    Raises:
        SeparatorError: the separator cannot be run so.
    """
    has_noise_before = separator.is_stochastic and not unit.noise
    if unit.stems == "as_run" and not has_noise_before:
        return model.function
    name = str(description.get("name"))
    told = description.get("sampling")
    sampling = Sampling(**told) if isinstance(told, dict) else None
    draws: Draws = _before(separator.device) if has_noise_before else _inside(separator.device)
    if name == "dicose-unet":
        return _unet(model, sampling, draws, unit.stems, separator.device)
    if name == "bs-roformer" and unit.stems == "as_run":
        return _bands(model, sampling, draws)
    asked = f"stems {unit.stems!r}" if unit.stems != "as_run" else "noise that was drawn before"
    message = (
        f"{name}: cannot be timed with {asked}; take a timing protocol with stems as_run and "
        "noise true"
    )
    raise SeparatorError(message)


def _inside(device: str) -> Draws:
    return lambda seeds, shape: Noise(seeds, shape, device)


def _before(device: str) -> Draws:
    """Noise that is drawn once for each item and shape, and then given without cost."""
    kept: dict[tuple[tuple[int, ...], tuple[int, ...]], Tensor] = {}

    def draws(seeds: Sequence[int], shape: tuple[int, ...]) -> Draw:
        key = (tuple(seeds), shape)
        if key not in kept:
            kept[key] = Noise(seeds, shape, device)()
        return lambda: kept[key]

    return draws


def _unet(
    model: Model, sampling: Sampling | None, draws: Draws, stems: Stems, device: str
) -> ChunkFunction:
    from sepeval.networks.unet1d.network import UNet1d
    from sepeval.separators.dicose_unet.refining import estimates

    networks = cast("Mapping[str, UNet1d]", model.parts)  # what this separator's parts are
    count = len(model.stems)
    is_sequence = stems == "sequence" or (stems == "as_run" and device == "cpu")
    groups = [[stem] for stem in range(count)] if is_sequence else [list(range(count))]

    def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        import torch

        found = []
        for group in groups:
            mixture = chunks.repeat_interleave(len(group), dim=0)
            label = torch.eye(count, device=chunks.device)[group].repeat(len(chunks), 1)
            own = [chunk_seed(seed, stem) for seed in seeds for stem in group]
            draw = draws(own, tuple(chunks.shape[1:]))
            one = estimates(networks, mixture, label, draw, sampling)
            found.append(one.reshape(len(chunks), len(group), *chunks.shape[1:]))
        return torch.cat(found, dim=1)

    return function


def _bands(model: Model, sampling: Sampling | None, draws: Draws) -> ChunkFunction:
    from sepeval.networks.bs_roformer.network import BSRoFormer
    from sepeval.networks.bs_roformer.refiner import Refiner
    from sepeval.separators.bs_roformer.refinement import estimates

    extractor = cast("BSRoFormer", model.parts["extractor"])  # what this separator's parts are
    refiner = cast("Refiner | None", model.parts.get("refiner"))

    def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        draw = draws(seeds, (len(model.stems), *chunks.shape[1:]))
        return estimates(extractor, refiner, chunks, draw, sampling)

    return function
