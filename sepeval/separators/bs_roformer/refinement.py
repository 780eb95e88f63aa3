"""From mixtures to stems: the extractor, then the refiner as its sampler calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sepeval.diffusion.sampling import Sampling, sampled

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.diffusion.samplers import UnusedDraws
    from sepeval.diffusion.types import Draw
    from sepeval.networks.bs_roformer.network import BSRoFormer
    from sepeval.networks.bs_roformer.refiner import Refiner


def estimates(
    extractor: BSRoFormer,
    refiner: Refiner | None,
    mixture: Tensor,
    draw: Draw,
    sampling: Sampling | None,
    *,
    unused_draws: UnusedDraws = "skip",
) -> Tensor:
    """Return the stems of mixtures.

    Args:
        extractor: gives the first estimates, and the features that the refiner hears.
        refiner: None: the first estimates are returned.
        mixture: [item channel sample].
        draw: noise in the shape of the result; all stems are drawn at once.
        sampling: None: the refiner is called once, without noise.
        unused_draws: see `diffusion.samplers.euler`.

    Returns:
        [item stem channel sample]; where it was sampled, from -1 to 1.
    """
    if refiner is None:
        first: Tensor = extractor(mixture)
        return first
    from sepeval.networks.bs_roformer.refiner import refined

    features = extractor.features(mixture)
    base, condition = features.separated, refiner.condition(features)
    del features  # 2 GB at full size
    if sampling is None:
        return refined(refiner, base, condition, noise=None)

    def network(x: Tensor, noise: Tensor) -> Tensor:
        return refined(refiner, x, condition, noise=noise)

    found = sampled(network, base, draw, sampling, unused_draws=unused_draws)
    return found.x.clamp(-1.0, 1.0)
