"""Diff-VS: diffusion on complex spectra, which begins at noise and is told the mixture.

The paper says: EDM's diffusion, 7 steps, chunks of 6 s joined by overlap-add, vocals, stereo. Which
solver takes the steps, between which noise levels, how spaced, and how far chunks overlap is not
known here; the values that stand are those of EDM, and an overlap of one half.

There are no public weights. `save` writes those of a network trained elsewhere.

References:
    [1] "Diff-VS: Efficient Audio-Aware Diffusion U-Net for Vocals Separation", arXiv:2604.01120,
        2026.
    [2] Karras, Aittala, Aila, Laine. "Elucidating the Design Space of Diffusion-Based Generative
        Models", NeurIPS 2022.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.inference import Device, Noise
from sepeval.kernels import overlap_add
from sepeval.separators.base import SEPARATORS, Plain
from sepeval.separators.network import Model, NetworkSeparator, weights_file

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.checkpoints import Card, Contents
    from sepeval.networks.diff_vs import DiffVs, DiffVsConfig

_NAME = "diff-vs"
SIGMA_DATA = 0.5  # of EDM, for cards that do not say


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add(_NAME)
class DiffVsSeparator(NetworkSeparator):
    """Vocals by diffusion on complex spectra, from safetensors with a card.

        -s diff-vs -S checkpoint=diff-vs.safetensors -S steps=7

    Attributes:
        overlap: samples that neighbouring chunks share; 3 s at 44.1 kHz.
        window: weights under which they are averaged.
        steps: T; the paper takes 7.
        sampler: `heun`: second order, two evaluations per step but one for the last. `euler`: one
            per step.
        sigma_max: largest noise level.
        sigma_min: smallest noise level above 0.
        rho: the larger, the more levels are small; the paper tunes it, to what is not known here.
        s_churn: total churn; 0: no noise after the first.
        sigma_data: spread of the normalised target; None: what the card says.
    """

    summary: ClassVar[str] = "Diff-VS: vocals by diffusion on complex spectra (no public weights)"
    overlap: Annotated[int, Field(ge=0)] = 132_300
    window: overlap_add.Window = "hann"
    steps: Annotated[int, Field(gt=0)] = 7
    sampler: Literal["heun", "euler"] = "heun"
    sigma_max: Annotated[float, Field(gt=0)] = 80.0
    sigma_min: Annotated[float, Field(gt=0)] = 0.002
    rho: Annotated[float, Field(gt=0)] = 7.0
    s_churn: Annotated[float, Field(ge=0)] = 0.0
    sigma_data: Annotated[float, Field(gt=0)] | None = None

    def __post_init__(self) -> None:
        if self.sigma_min >= self.sigma_max:
            message = (
                f"{_NAME}: sigma_max must be above sigma_min {self.sigma_min}; found "
                f"{self.sigma_max}"
            )
            raise SeparatorError(message)

    @property
    def is_stochastic(self) -> bool:
        """True: the estimate begins at noise."""
        return True

    @property
    def _name(self) -> str:
        return _NAME

    def _settings(self) -> Mapping[str, Plain]:
        opened = _opened(*weights_file(self.checkpoint))
        return {
            "stems": list(opened.contents.layout.stems),
            "segment": opened.contents.layout.segment,
            "architecture": json.loads(json.dumps(dataclasses.asdict(opened.config))),
            "sampler": self.sampler,
            "steps": self.steps,
            "sigma_max": self.sigma_max,
            "sigma_min": self.sigma_min,
            "rho": self.rho,
            "s_churn": self.s_churn,
            "sigma_data": self._sigma_data(opened.contents),
        }

    def _model(self) -> Model:
        contents, config = _opened(*weights_file(self.checkpoint))
        network = _loaded(*weights_file(self.checkpoint), self.device)
        sigma_data = self._sigma_data(contents)

        def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
            return _separated(network, chunks, seeds, sigma_data, self)

        return Model(
            stems=contents.layout.stems,
            rate=contents.layout.rate or 0,
            channels=config.channels,
            segment=contents.layout.segment,
            function=function,
            nfe=2 * self.steps - 1 if self.sampler == "heun" else self.steps,
            parts={"network": network},
        )

    def _sigma_data(self, contents: Contents) -> float:
        return self.sigma_data or contents.sigma_data or SIGMA_DATA


def save(
    network: DiffVs,
    out: Path,
    *,
    rate: int,
    segment: int | None,
    sigma_data: float,
    stem: str = "vocals",
) -> Card:
    """Write the weights of a network with the card that this separator reads; return the card.

    Args:
        network: with its weights and the scales of its bands.
        out: ends in `.safetensors`; neither it nor its card may exist.
        rate: in Hz.
        segment: samples in a chunk, as it was trained; None: whole tracks.
        sigma_data: spread of the normalised target.
        stem: what it gives.

    Raises:
        SeparatorError: a file would be overwritten, or cannot be written.
    """
    from sepeval.checkpoints import Card
    from sepeval.checkpoints import save as write

    architecture = json.loads(json.dumps(dataclasses.asdict(network.config)))
    card = Card(
        separator=_NAME,
        kind="diffusion",
        architecture={"network": architecture},
        rate=rate,
        channels=network.config.channels,
        stems=[stem],
        segment=segment,
        precision="fp32",
        sigma_data=sigma_data,
    )
    return write(out, {"network": network.state_dict()}, card)


class _Opened(NamedTuple):
    contents: Contents
    config: DiffVsConfig


@lru_cache(maxsize=8)
def _opened(path: Path, digest: str) -> _Opened:  # noqa: ARG001 - the digest is part of the key
    """The weights in a file, and the network that its card describes.

    Raises:
        SeparatorError: there is no card, or it describes something else.
    """
    from sepeval.checkpoints import contents, read
    from sepeval.networks.diff_vs import config_of

    found = contents(read(path))
    if found.card is None or found.layout.separator != _NAME or set(found.networks) != {"network"}:
        message = (
            f"{path}: {_NAME} reads safetensors with a card of its own; found {found.layout.name}, "
            f"for {found.layout.separator}"
        )
        raise SeparatorError(message)
    try:
        config = config_of(found.networks["network"].hyper)
    except ValueError as error:
        raise SeparatorError(f"{path}: its card describes no such network: {error}") from error
    if len(found.layout.stems) != 1 or found.layout.channels != config.channels:
        message = (
            f"{path}: its card must have one stem and {config.channels} channels, as the network; "
            f"found {', '.join(found.layout.stems)} and {found.layout.channels}"
        )
        raise SeparatorError(message)
    return _Opened(found, config)


@lru_cache(maxsize=1)
def _loaded(path: Path, digest: str, device: Device) -> DiffVs:
    """The network with its weights, in evaluation mode, on the device; the last is kept."""
    import torch

    from sepeval.checkpoints import fill
    from sepeval.networks.diff_vs import DiffVs

    contents, config = _opened(path, digest)
    with torch.device("meta"):
        network = DiffVs(config).eval()
    fill(network, contents.networks["network"].tensors, where=str(path))
    return network.to(device)


def _separated(
    network: DiffVs,
    chunks: Tensor,
    seeds: Sequence[int],
    sigma_data: float,
    settings: DiffVsSeparator,
) -> Tensor:
    """[item 1 channel sample] of chunks [item channel sample], each with noise of its own."""
    import torch

    from sepeval.diffusion import preconditioning, samplers
    from sepeval.diffusion.schedules import karras, to_zero
    from sepeval.networks.diff_vs import analysed, synthesised

    config = network.config
    mixture = analysed(chunks, config) / network.mixture_scales()

    def predicted(x: Tensor, level: Tensor) -> Tensor:
        found: Tensor = network(x, mixture, level)
        return found.float()  # the state stays in single precision under autocast

    edm = partial(preconditioning.edm, sigma_data=sigma_data)
    denoiser = preconditioning.denoiser(predicted, edm, clamp=None)
    levels = karras(
        settings.steps,
        sigma_max=settings.sigma_max,
        sigma_min=settings.sigma_min,
        rho=settings.rho,
    )
    start = torch.zeros_like(mixture)
    draw = Noise(seeds, tuple(mixture.shape[1:]), settings.device)
    if settings.sampler == "heun":
        run = partial(samplers.heun, s_churn=settings.s_churn)
    else:
        run = partial(samplers.euler, s_churn=settings.s_churn, resamples=1, unused_draws="skip")
    target = run(denoiser, start, draw, to_zero(levels)).x * network.target_scales()
    return synthesised(target, config, length=chunks.shape[-1])[:, None]
