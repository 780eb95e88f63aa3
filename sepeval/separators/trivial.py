"""Separators that do not separate: what a score is worth is seen beside theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.separators.base import SEPARATORS, Estimate, Plain, Separator
from sepeval.types import Array

Stems = Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("mixture")
class Mixture(Separator):
    """Every stem is the mixture: the zero of every improvement in dB.

    Attributes:
        stems: names of the stems.
    """

    summary: ClassVar[str] = "every stem is the mixture"
    stems: Stems

    @property
    def is_stochastic(self) -> bool:
        """False."""
        return False

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and stems."""
        return {"name": "mixture", "version": 1, "stems": list(self.stems)}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:  # noqa: ARG002 - interface
        """Return the mixture once per stem; see `Separator.separate`."""
        return Estimate(self.stems, np.stack([mixture] * len(self.stems)))


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("mixture_over_n")
class MixtureOverN(Separator):
    """Every stem is the mixture divided by the number of stems, so that the stems sum to it.

    Attributes:
        stems: names of the stems.
    """

    summary: ClassVar[str] = "every stem is the mixture divided by the number of stems"
    stems: Stems

    @property
    def is_stochastic(self) -> bool:
        """False."""
        return False

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and stems."""
        return {"name": "mixture_over_n", "version": 1, "stems": list(self.stems)}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:  # noqa: ARG002 - interface
        """Return the same share of the mixture for each stem; see `Separator.separate`."""
        return Estimate(self.stems, np.stack([mixture / len(self.stems)] * len(self.stems)))


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("zeros")
class Zeros(Separator):
    """Every stem is silent: it shows what a protocol pays for saying nothing.

    Attributes:
        stems: names of the stems.
    """

    summary: ClassVar[str] = "every stem is silent"
    stems: Stems

    @property
    def is_stochastic(self) -> bool:
        """False."""
        return False

    def describe(self) -> Mapping[str, Plain]:
        """Return name, version and stems."""
        return {"name": "zeros", "version": 1, "stems": list(self.stems)}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:  # noqa: ARG002 - interface
        """Return silence for each stem; see `Separator.separate`."""
        return Estimate(self.stems, np.zeros((len(self.stems), *mixture.shape)))
