"""The separator: its settings, its description, and its networks as a function of chunks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from sepeval.diffusion.sampling import SAMPLERS, Sampler, Sampling
from sepeval.inference import ChunkFunction, Device
from sepeval.separators.base import SEPARATORS, Plain
from sepeval.separators.bs_roformer.refinement import estimates
from sepeval.separators.bs_roformer.settings import NAME, Kind, Stitching, sampling_of, stitched
from sepeval.separators.bs_roformer.weights import Networks, known, loaded
from sepeval.separators.network import Model, NetworkSeparator, weights_file

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add(NAME)
class BSRoFormerSeparator(NetworkSeparator):
    """BS-RoFormer at 44.1 kHz in stereo: drums, bass, other, vocals.

    It takes the checkpoints of DiCoSe and MSST, and converted ones with a card, which can give
    another rate and other stems. Its nfe counts all passes of both networks for a chunk: one of
    the extractor, and those of the refiner for every stem.

        -s bs-roformer -S checkpoint=model.ckpt -S kind=deterministic -S stitching=msst

    What is None has the value of the published evaluation, and `describe` names it. A setting
    that the kind does not know is refused.

    Attributes:
        kind: what is made of the weights: `deterministic`, `stacked`, `diffusion` or
            `consistency`; `deterministic` takes the extractor out of a refiner's checkpoint too.
        stitching: a published way of cutting tracks into chunks, instead of the five settings
            `chunk`, `overlap`, `window`, `tail` and `border`. `dicose`: consecutive chunks of 11 s,
            the last filled up with zeros; so the five do by default. `msst`: chunks that overlap
            by half, faded in and out over a tenth, the track continued by its reflection; how
            Music-Source-Separation-Training runs this network.
        sampler: `euler` (as released) or `heun` for diffusion. `multistep_released` (as released,
            without noise before the last step) or `multistep` (as the papers write) for
            consistency.
        steps: T, by default 3 for diffusion, 1 for consistency.
        resamples: R of the sampler `euler`.
        s_churn: total churn of a diffusion sampler.
        sigma_max: largest noise level; it must be given for consistency with more than 2 steps.
        sigma_min: smallest noise level above 0.
        rho: how strongly the levels crowd at the small end.
        sigma_data: standard deviation of the clean stems; None: what the checkpoint says.
    """

    summary: ClassVar[str] = "BS-RoFormer: deterministic, stacked, diffusion or consistency"
    kind: Kind
    stitching: Stitching | None = None
    sampler: Sampler | None = None
    steps: Annotated[int, Field(gt=0)] | None = None
    resamples: Annotated[int, Field(gt=0)] | None = None
    s_churn: Annotated[float, Field(ge=0)] | None = None
    sigma_max: Annotated[float, Field(gt=0)] | None = None
    sigma_min: Annotated[float, Field(gt=0)] | None = None
    rho: Annotated[float, Field(gt=0)] | None = None
    sigma_data: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: ArgsKwargs) -> ArgsKwargs:
        """Fill in what a published stitching says."""
        return ArgsKwargs(given.args, stitched(given.kwargs or {}))

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
        told = known(*weights_file(self.checkpoint), self.kind)
        sampling = self._sampling(told.sigma_data)
        return {
            "kind": self.kind,
            "stems": list(told.stems),
            "segment": told.segment,
            "architecture": dict(told.architecture),
            "sampling": None if sampling is None else dataclasses.asdict(sampling),
        }

    def _model(self) -> Model:
        told = known(*weights_file(self.checkpoint), self.kind)
        networks = loaded(*weights_file(self.checkpoint), self.kind, self.device)
        sampling = self._sampling(told.sigma_data)
        passes = sampling.nfe if sampling else int(networks.refiner is not None)
        return Model(
            stems=told.stems,
            rate=told.rate,
            channels=told.channels,
            segment=told.segment,
            function=_function(networks, sampling, self.device),
            nfe=1 + passes * len(told.stems),
            parts={name: one for name, one in networks._asdict().items() if one is not None},
        )

    def _sampling(self, sigma_data: float | None) -> Sampling | None:
        names = [field.name for field in dataclasses.fields(Sampling)]
        given = {name: getattr(self, name) for name in names}
        return sampling_of(self.kind, given, sigma_data=sigma_data)


def _function(networks: Networks, sampling: Sampling | None, device: Device) -> ChunkFunction:
    """Return the networks and their sampler as a function of chunks and seeds."""
    from torch.nn import functional

    from sepeval.inference import Noise

    trunk = networks.extractor.config
    shortest = trunk.stft_n_fft // 2 + 1  # samples; a shorter chunk cannot be reflected at its ends

    def separated(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        length = chunks.shape[-1]
        heard = functional.pad(chunks, (0, max(shortest - length, 0)))
        noise = Noise(seeds, (trunk.num_stems, *heard.shape[1:]), device)
        return estimates(networks.extractor, networks.refiner, heard, noise, sampling)[..., :length]

    return separated
