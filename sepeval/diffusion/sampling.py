"""Samplers by name, with every number spelled out: the settings of a refiner.

euler               diffusion, as DiCoSe's code samples
heun                diffusion, second order
multistep           consistency, as the papers write
multistep_released  consistency, as DiCoSe's code samples
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sepeval.errors import SeparatorError

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.diffusion.samplers import UnusedDraws
    from sepeval.diffusion.types import Draw, Sampled

Sampler: TypeAlias = Literal["euler", "heun", "multistep", "multistep_released"]

SAMPLERS: Mapping[str, tuple[Sampler, ...]] = {
    "diffusion": ("euler", "heun"),
    "consistency": ("multistep", "multistep_released"),
}
_NAMES = ("sampler", "steps", "sigma_max", "sigma_min", "rho", "sigma_data")
_OWN: Mapping[Sampler, tuple[str, ...]] = {"euler": ("resamples", "s_churn"), "heun": ("s_churn",)}


@dataclass(frozen=True)
class Sampling:
    """How a refiner samples.

    Attributes:
        sampler: by name.
        steps: T.
        sigma_max: largest noise level.
        sigma_min: smallest noise level above 0.
        rho: ρ; the larger, the more levels are small.
        sigma_data: standard deviation of the clean data.
        resamples: R; 1 where the sampler has none.
        s_churn: total churn; 0 where the sampler has none.
    """

    sampler: Sampler
    steps: int
    sigma_max: float
    sigma_min: float
    rho: float
    sigma_data: float
    resamples: int = 1
    s_churn: float = 0.0

    @property
    def nfe(self) -> int:
        """Evaluations of the network in one sample."""
        return 2 * self.steps - 1 if self.sampler == "heun" else self.steps * self.resamples


def chosen(
    kind: str,
    given: Mapping[str, Any],
    published: Mapping[str, Any],
    *,
    sigma_max: Mapping[int, float],
) -> Sampling | None:
    """Return the settings of a sampler; None for a kind of separator that does not sample.

    Args:
        kind: of the separator; `diffusion` and `consistency` sample.
        given: by the names of `Sampling`; None stands for the published value.
        published: values that stand where none is given.
        sigma_max: published largest noise levels, by steps.

    Raises:
        SeparatorError: a setting is none of this sampler, the sampler is none of this kind, or
            levels contradict each other.

    Example:
        >>> numbers = {"steps": 1, "sigma_min": 1e-4, "rho": 9.0, "sigma_data": 0.2}
        >>> chosen("consistency", {"sampler": "multistep"}, numbers, sigma_max={1: 0.5}).steps
        1
    """
    told = {name: value for name, value in given.items() if value is not None}
    if kind not in SAMPLERS:
        if told:
            raise SeparatorError(f"{next(iter(told))} is no setting of kind {kind}")
        return None
    found = {**published, **told}
    if found["sampler"] not in SAMPLERS[kind]:
        message = f"sampler {found['sampler']!r} is none of {kind}; take {_either(SAMPLERS[kind])}"
        raise SeparatorError(message)
    known = (*_NAMES, *_OWN.get(found["sampler"], ()))
    foreign = [name for name in told if name not in known]
    if foreign:
        message = f"{foreign[0]} is no setting of the sampler {found['sampler']!r}"
        raise SeparatorError(message)
    if "sigma_max" not in found:
        if found["steps"] not in sigma_max:
            message = (
                f"no sigma_max was published for {kind} with {found['steps']} steps (there are "
                f"those for {_either(map(str, sigma_max))}); give one"
            )
            raise SeparatorError(message)
        found["sigma_max"] = sigma_max[found["steps"]]
    if not 0.0 < found["sigma_min"] < found["sigma_max"]:
        message = (
            f"sigma_max must be above sigma_min {found['sigma_min']}; found {found['sigma_max']}"
        )
        raise SeparatorError(message)
    return Sampling(**{name: value for name, value in found.items() if name in known})


def sampled(
    network: Callable[[Tensor, Tensor], Tensor],
    base: Tensor,
    draw: Draw,
    sampling: Sampling,
    *,
    unused_draws: UnusedDraws = "skip",
) -> Sampled:
    """Return a sample of a refiner.

    A diffusion denoiser is clamped to full scale at every call, as it was when the published
    models were evaluated; a consistency function is not.

    Args:
        network: F, from [item ...] and c_noise [item] to [item ...].
        base: [item ...], what the first noise is added to.
        draw: the noise.
        sampling: sampler and numbers.
        unused_draws: see `samplers.euler`.
    """
    from sepeval.diffusion import consistency, preconditioning, samplers
    from sepeval.diffusion.schedules import karras, to_zero

    levels = partial(
        karras, sigma_max=sampling.sigma_max, sigma_min=sampling.sigma_min, rho=sampling.rho
    )
    if sampling.sampler in SAMPLERS["consistency"]:
        scaling = partial(
            preconditioning.consistency,
            sigma_data=sampling.sigma_data,
            sigma_min=sampling.sigma_min,
        )
        function = preconditioning.denoiser(network, scaling, clamp=None)
        is_released = sampling.sampler == "multistep_released"
        run = consistency.multistep_released if is_released else consistency.multistep
        return run(function, base, draw, levels(sampling.steps + 1))
    edm = partial(preconditioning.edm, sigma_data=sampling.sigma_data)
    denoiser = preconditioning.denoiser(network, edm, clamp=1.0)
    sigmas = to_zero(levels(sampling.steps))
    if sampling.sampler == "heun":
        return samplers.heun(denoiser, base, draw, sigmas, s_churn=sampling.s_churn)
    return samplers.euler(
        denoiser,
        base,
        draw,
        sigmas,
        s_churn=sampling.s_churn,
        resamples=sampling.resamples,
        unused_draws=unused_draws,
    )


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
