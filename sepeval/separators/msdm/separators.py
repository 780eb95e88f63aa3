"""The two separators; what they have in common is in `posterior`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.separators.base import SEPARATORS
from sepeval.separators.msdm.posterior import Opened, PosteriorSeparator
from sepeval.separators.msdm.weights import listed, one_network
from sepeval.separators.network import weights_file


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("msdm")
class Msdm(PosteriorSeparator):
    """MSDM at 22.05 kHz, mono: bass, drums, guitar, piano from one joint model.

    Defaults are those of the published evaluation. Its nfe counts T R per chunk.

        -s msdm -S checkpoint=last.ckpt -S likelihood=dirac -S source=0

    Attributes:
        likelihood: `dirac` or `gaussian`.
        source: index of the dependent stem of `dirac`, from 0.
        width: standard deviation of `gaussian` over the noise level.
        steps: T.
        resamples: R.
        s_churn: total churn.
        sigma_max: largest noise level.
        sigma_min: smallest noise level above 0.
        rho: the larger, the more levels are small.
        sigma_data: standard deviation of the stems; None: what the checkpoint says, else 0.2.
    """

    summary: ClassVar[str] = "MSDM: a joint diffusion model of all stems"
    s_churn: Annotated[float, Field(ge=0)] = 20.0

    @property
    def _name(self) -> str:
        return "msdm"

    def _open(self) -> Opened:
        from sepeval.checkpoints import resolve

        path = resolve(self.checkpoint)
        found = one_network(*weights_file(self.checkpoint), "msdm")
        if not found.stems or found.config.in_channels != len(found.stems):
            message = (
                f"{path}: models {found.config.in_channels} stems; "
                f"{', '.join(found.stems) or 'none'} are named; name them in a card"
            )
            raise SeparatorError(message)
        return Opened(
            found.stems,
            found.rate,
            found.segment,
            found.sigma_data,
            (found.config,),
            (path,),
        )


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("isdm")
class Isdm(PosteriorSeparator):
    """ISDM at 22.05 kHz, mono: one diffusion model for each stem.

    `checkpoint` is a YAML document that names the weights of each stem, in the order of the
    output; a path that is not absolute starts from the document's folder:

        stems:
          bass: laced-dream-329/last.ckpt
          drums: ancient-voice-289/last.ckpt

    Defaults are those of the published evaluation. Its nfe counts T R per chunk and stem.

        -s isdm -S checkpoint=isdm.yaml -S likelihood=gaussian

    Attributes:
        likelihood: `dirac` or `gaussian`.
        source: index of the dependent stem of `dirac`, from 0.
        width: standard deviation of `gaussian` over the noise level.
        steps: T.
        resamples: R.
        s_churn: total churn.
        sigma_max: largest noise level.
        sigma_min: smallest noise level above 0.
        rho: the larger, the more levels are small.
        sigma_data: standard deviation of the stems; None: what the checkpoints say, else 0.2.
    """

    summary: ClassVar[str] = "ISDM: one diffusion model per stem, independent of each other"
    s_churn: Annotated[float, Field(ge=0)] = 40.0

    @property
    def _name(self) -> str:
        return "isdm"

    def _open(self) -> Opened:
        from sepeval.checkpoints import resolve

        path = resolve(self.checkpoint)
        files = listed(path)
        found = [one_network(*weights_file(str(file)), "isdm") for file in files.values()]
        first = found[0]
        for file, one in zip(files.values(), found, strict=True):
            if one[:4] != first[:4] or one.config.in_channels != 1:
                message = (
                    f"{path}: all stems need a network of one channel, and the same architecture, "
                    f"rate, segment and sigma_data; {file.name} has {one[:4]}, the first has "
                    f"{first[:4]}"
                )
                raise SeparatorError(message)
        return Opened(
            tuple(files),
            first.rate,
            first.segment,
            first.sigma_data,
            tuple(one.config for one in found),
            tuple(files.values()),
        )
