"""The separator: its settings, its description, and its networks as a function of chunks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.diffusion.sampling import SAMPLERS, Sampler, Sampling, chosen
from sepeval.errors import SeparatorError
from sepeval.separators.base import SEPARATORS, Plain
from sepeval.separators.dicose_unet.refining import separated
from sepeval.separators.dicose_unet.weights import NAME, Kind, as_plain, loaded, opened
from sepeval.separators.network import Model, NetworkSeparator, weights_file

if TYPE_CHECKING:
    from torch import Tensor

_SIGMA_DATA = 0.2  # of the published refiners, for files that do not say
_LEVELS = {"sigma_min": 1e-4, "rho": 9.0}
_RELEASED: Mapping[str, Mapping[str, Any]] = {  # the settings of the released evaluation
    "diffusion": {
        **_LEVELS,
        "sampler": "euler",
        "steps": 2,
        "resamples": 2,
        "s_churn": 20.0,
        "sigma_max": 0.01,
    },
    "consistency": {**_LEVELS, "sampler": "multistep_released", "steps": 1},
}
_SIGMA_MAX = {1: 0.01244, 2: 0.2497, 4: 0.2495}  # of the consistency model, by steps


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add(NAME)
class DicoseUNet(NetworkSeparator):
    """DiCoSe's U-Net at 22.05 kHz, mono: bass, drums, guitar, piano.

    It takes the published checkpoints, and converted ones with a card, which can give another
    rate and other stems. Its nfe counts the passes of both networks for all stems of a chunk.

        -s dicose-unet -S checkpoint=refiner.ckpt -S kind=consistency -S steps=4

    What is None has the value of the released evaluation, and `describe` names it. A setting that
    the kind does not know is refused.

    Attributes:
        kind: what is made of the weights: `deterministic`, `stacked`, `diffusion` or
            `consistency`; `deterministic` takes the first network of a refiner's checkpoint too.
        sampler: `euler` (as released) or `heun` for diffusion; `multistep_released` (without
            noise before the last step) or `multistep` (as the papers write) for consistency. One
            step is the same in both.
        steps: T, by default 2 for diffusion, 1 for consistency.
        resamples: R of the sampler `euler`, by default 2.
        s_churn: total churn of a diffusion sampler, by default 20.
        sigma_max: largest noise level, by default 0.01 for diffusion; it must be given for
            consistency with other than 1, 2 or 4 steps.
        sigma_min: smallest noise level above 0, by default 0.0001.
        rho: the larger, the more levels are small; by default 9.
        sigma_data: standard deviation of the clean stems; None: what the checkpoint says.
    """

    summary: ClassVar[str] = "DiCoSe's 1-D U-Net: deterministic, stacked, diffusion or consistency"
    kind: Kind
    sampler: Sampler | None = None
    steps: Annotated[int, Field(gt=0)] | None = None
    resamples: Annotated[int, Field(gt=0)] | None = None
    s_churn: Annotated[float, Field(ge=0)] | None = None
    sigma_max: Annotated[float, Field(gt=0)] | None = None
    sigma_min: Annotated[float, Field(gt=0)] | None = None
    rho: Annotated[float, Field(gt=0)] | None = None
    sigma_data: Annotated[float, Field(gt=0)] | None = None

    def __post_init__(self) -> None:
        self._sampling(None)

    @property
    def is_stochastic(self) -> bool:
        """Whether the kind draws noise."""
        return self.kind in SAMPLERS

    @property
    def _name(self) -> str:
        return NAME

    def _settings(self) -> Mapping[str, Plain]:
        found = opened(*weights_file(self.checkpoint), self.kind)
        sampling = self._sampling(found.sigma_data)
        return {
            "kind": self.kind,
            "stems": list(found.layout.stems),
            "segment": found.layout.segment,
            "architecture": {name: as_plain(one) for name, one in found.configs.items()},
            "sampling": None if sampling is None else dataclasses.asdict(sampling),
        }

    def _model(self) -> Model:
        found = opened(*weights_file(self.checkpoint), self.kind)
        networks = loaded(*weights_file(self.checkpoint), self.kind, self.device)
        layout, extractor = found.layout, found.configs["extractor"]
        sampling = self._sampling(found.sigma_data)

        def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
            return separated(networks, chunks, seeds, sampling, self.device)

        refined = sampling.nfe if sampling else len(networks) - 1
        return Model(
            stems=layout.stems,
            rate=found.rate,
            channels=extractor.in_channels,
            segment=layout.segment,
            function=function,
            nfe=len(layout.stems) * (1 + refined),
            multiple=extractor.multiple,
            parts=networks,
        )

    def _sampling(self, sigma_data: float | None) -> Sampling | None:
        """How the kind samples; None for the kinds that do not."""
        names = [field.name for field in dataclasses.fields(Sampling)]
        given = {name: getattr(self, name) for name in names}
        published = {**_RELEASED.get(self.kind, {}), "sigma_data": sigma_data or _SIGMA_DATA}
        try:
            return chosen(self.kind, given, published, sigma_max=_SIGMA_MAX)
        except SeparatorError as error:
            raise SeparatorError(f"{NAME}: {error}") from error
