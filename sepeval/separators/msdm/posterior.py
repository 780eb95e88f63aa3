"""What MSDM and ISDM have in common: sampling under the condition that stems make the mixture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, TypeAlias

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.inference import Noise
from sepeval.separators.base import Plain
from sepeval.separators.msdm.weights import as_plain, loaded
from sepeval.separators.network import Model, NetworkSeparator, weights_digest, weights_file

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.diffusion.types import Denoiser, Draw
    from sepeval.networks.unet1d.config import UNet1dConfig
    from sepeval.networks.unet1d.network import UNet1d

Likelihood: TypeAlias = Literal["dirac", "gaussian"]


class Opened(NamedTuple):
    """What is known about the weights, before any network is built.

    Attributes:
        stems: in the order of the output.
        rate: in Hz.
        segment: samples that the networks were trained on.
        sigma_data: standard deviation of the stems.
        configs: of one network for all stems, or of one for each.
        files: where their weights are.
    """

    stems: tuple[str, ...]
    rate: int
    segment: int | None
    sigma_data: float
    configs: tuple[UNet1dConfig, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class PosteriorSeparator(NetworkSeparator):
    """What both have in common; see `Msdm` and `Isdm`."""

    likelihood: Likelihood = "dirac"
    source: Annotated[int, Field(ge=0)] = 0
    width: Annotated[float, Field(gt=0)] = 0.75
    steps: Annotated[int, Field(gt=0)] = 150
    resamples: Annotated[int, Field(gt=0)] = 2
    s_churn: Annotated[float, Field(ge=0)]
    sigma_max: Annotated[float, Field(gt=0)] = 1.0
    sigma_min: Annotated[float, Field(gt=0)] = 1e-4
    rho: Annotated[float, Field(gt=0)] = 7.0
    sigma_data: Annotated[float, Field(gt=0)] | None = None

    def __post_init__(self) -> None:
        if self.sigma_min >= self.sigma_max:
            message = (
                f"{self._name}: sigma_max must be above sigma_min {self.sigma_min}; found "
                f"{self.sigma_max}"
            )
            raise SeparatorError(message)

    @property
    def is_stochastic(self) -> bool:
        """True: it draws noise, at the start at least."""
        return True

    @abstractmethod
    def _open(self) -> Opened:
        """Return the weights and what is known about them."""

    def _settings(self) -> Mapping[str, Plain]:
        opened = self._open()
        digests = [weights_digest(str(path)) for path in opened.files]
        return {
            "stems": list(opened.stems),
            "segment": opened.segment,
            "networks_sha256": [*digests],
            "architecture": [as_plain(config) for config in opened.configs],
            "likelihood": self.likelihood,
            **({"source": self.source} if self.likelihood == "dirac" else {"width": self.width}),
            "steps": self.steps,
            "resamples": self.resamples,
            "s_churn": self.s_churn,
            "sigma_max": self.sigma_max,
            "sigma_min": self.sigma_min,
            "rho": self.rho,
            "sigma_data": self.sigma_data or opened.sigma_data,
        }

    def _model(self) -> Model:
        opened = self._open()
        if self.source >= len(opened.stems):
            message = (
                f"{self._name}: source is the index of one of {len(opened.stems)} stems, from 0; "
                f"found {self.source}"
            )
            raise SeparatorError(message)
        networks = tuple(
            loaded(*weights_file(str(path)), self._name, self.device) for path in opened.files
        )

        def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
            noise = Noise(seeds, (len(opened.stems), chunks.shape[-1]), self.device)
            clean = denoiser_of(networks, self.sigma_data or opened.sigma_data)
            return self._sampled(clean, chunks, noise).unsqueeze(2)

        names = opened.stems if len(networks) > 1 else ("network",)
        return Model(
            stems=opened.stems,
            rate=opened.rate,
            channels=1,
            segment=opened.segment,
            function=function,
            nfe=self.steps * self.resamples * len(networks),
            multiple=opened.configs[0].multiple,
            parts=dict(zip(names, networks, strict=True)),
        )

    def _sampled(self, clean: Denoiser, mixture: Tensor, draw: Draw) -> Tensor:
        """[item stem sample] of mixtures [item 1 sample]."""
        from sepeval.diffusion import posterior, schedules
        from sepeval.diffusion.samplers import along

        sigmas = schedules.to_zero(
            schedules.karras(
                self.steps, sigma_max=self.sigma_max, sigma_min=self.sigma_min, rho=self.rho
            )
        )
        slope = (
            posterior.dirac(clean, mixture, source=self.source)
            if self.likelihood == "dirac"
            else posterior.gaussian(clean, mixture, width=self.width)
        )
        found = along(
            slope,
            sigmas[0] * draw(),
            draw,
            sigmas,
            s_churn=self.s_churn,
            resamples=self.resamples,
            unused_draws="skip",
        )
        return found.x


def denoiser_of(networks: Sequence[UNet1d], sigma_data: float) -> Denoiser:
    """The denoiser of [item stem sample], clamped to full scale as when it was evaluated."""
    import torch

    from sepeval.diffusion.preconditioning import denoiser, edm

    def joint(x: Tensor, time: Tensor) -> Tensor:
        parts = x.chunk(len(networks), dim=1)
        heard = zip(networks, parts, strict=True)
        return torch.cat([network(part, time=time) for network, part in heard], dim=1)

    return denoiser(joint, partial(edm, sigma_data=sigma_data), clamp=1.0)
