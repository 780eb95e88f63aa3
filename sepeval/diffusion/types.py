"""What samplers are made of.

Convention: the state is `[item ...]`; noise levels σ are Python floats, so that no value has to
come back from the device while sampling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor

Denoiser: TypeAlias = Callable[[Tensor, float], Tensor]
"""State [item ...] and σ to an estimate of the clean state [item ...]."""

ItemDenoiser: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""As `Denoiser`, with one σ per item: [item]. Losses need it."""

Draw: TypeAlias = Callable[[], Tensor]
"""The next standard normal noise, in the shape of the state; each call gives another."""


class Sampled(NamedTuple):
    """What a sampler returns.

    Attributes:
        x: [item ...], the sample.
        nfe: how often the denoiser was called.
    """

    x: Tensor
    nfe: int
