"""Gibbs sampling around any deterministic separator.

The stems are estimated once from the mixture. Then, step by step, some are estimated again given
the others. The published system [1] trains a Demucs that hears the mixture and a random choice of
the stems, and takes 256 or 512 steps of block Gibbs sampling with it; its weights and code are not
public. A separator that hears a mixture alone is told the others here by taking them away:

    block B of the stems,   r = y − Σ_{j ∉ B} x_j,   x_s ← S(r)_s for s in B

This, the choice of blocks and that the first estimate counts as a step are readings of ours: a
wrapped separator was not trained for it, and a score of this wrapper is none of the published
system. Where the stems sum to the mixture and S returns a stem that it hears alone, nothing moves.

References:
    [1] Manilow, Hawthorne, Huang, Pardo, Engel. "Improving Source Separation by Explicitly
        Modeling Dependencies between Sources", ICASSP 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.separators.base import SEPARATORS, Estimate, Plain, Separator
from sepeval.types import Array, BoolArray

Blocks: TypeAlias = Literal["cyclic", "random"]


@dataclass(
    frozen=True, kw_only=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True)
)
@SEPARATORS.add("gibbs")
class Gibbs(Separator):
    """Estimates stems again and again, each time given the others.

    On the command line the settings of the inner separator begin with `inner.`:

        -s gibbs -S inner=demucs -S inner.checkpoint=demucs.th -S steps=512 -S blocks=random

    Attributes:
        inner: the separator that is asked; it must be deterministic.
        steps: how often it is asked; the first time it hears the mixture.
        blocks: which stems are estimated in a step. `cyclic`: one after another. `random`: each
            with a probability that falls in a straight line from 1 to one over their number, and
            one at least; drawn from the seed.

    Raises:
        SeparatorError: the inner separator is stochastic.
    """

    summary: ClassVar[str] = "any deterministic separator, each stem again given the others"
    inner: Separator
    steps: Annotated[int, Field(gt=0)]
    blocks: Blocks

    def __post_init__(self) -> None:
        if self.inner.is_stochastic:
            name = self.inner.describe()["name"]
            message = f"gibbs: the inner separator {name!r} draws noise; take a deterministic one"
            raise SeparatorError(message)

    @property
    def is_stochastic(self) -> bool:
        """Whether blocks are drawn."""
        return self.blocks == "random" and self.steps > 1

    def describe(self) -> Mapping[str, Plain]:
        """Return the settings, and the description of the inner separator."""
        return {
            "name": "gibbs",
            "version": 1,
            "steps": self.steps,
            "blocks": self.blocks,
            "inner": dict(self.inner.describe()),
        }

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        """Return the estimates behind the last step; see `Separator.separate`.

        Raises:
            SeparatorError: the inner separator fails, or changes its stems or their length.
        """
        first = self.inner.separate(mixture, rate=rate, seed=seed)
        audio, nfe, notes = first.audio.copy(), first.nfe, list(first.notes)
        heard = mixture[..., : audio.shape[-1]]
        for step, block in enumerate(self._drawn(len(first.stems), seed), start=2):
            residual = heard - audio[~block].sum(axis=0)
            found = self.inner.separate(residual, rate=rate, seed=seed)
            if found.stems != first.stems or found.audio.shape != audio.shape:
                message = (
                    f"gibbs, step {step}: expected {', '.join(first.stems)} of shape "
                    f"{list(audio.shape)}; the inner separator returned {', '.join(found.stems)} "
                    f"of {list(found.audio.shape)}"
                )
                raise SeparatorError(message)
            audio[block] = found.audio[block]
            nfe += found.nfe
            notes.extend(found.notes)
        return Estimate(first.stems, audio, nfe, notes=tuple(dict.fromkeys(notes)))

    def _drawn(self, stems: int, seed: int) -> list[BoolArray]:
        """Which stems are estimated in each step behind the first, [stem] each."""
        count = self.steps - 1
        if self.blocks == "cyclic":
            return [np.arange(stems) == step % stems for step in range(count)]
        generator = np.random.default_rng(seed)
        shares = np.linspace(1.0, 1.0 / stems, count)
        found = []
        for share in shares:
            block = generator.random(stems) < share
            block[generator.integers(stems)] = True
            found.append(block)
        return found
