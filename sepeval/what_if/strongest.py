"""Several variants of one rule: which moves a number furthest, and whether any turns the order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sepeval.what_if.answers import Comparison, Facts, Plain


@dataclass(frozen=True)
class Strongest:
    """What the variants of a rule do to a table.

    Attributes:
        name: of the variant that moves a number furthest, in dB where any metric is in dB.
        comparison: what it does.
        turning: names of the variants that change the order in `All`, and what they do.
        effect_ranks: the largest move in places, by any variant.
    """

    name: str
    comparison: Comparison
    turning: Mapping[str, Comparison]
    effect_ranks: int

    @property
    def turns(self) -> bool:
        """Whether any variant changes the order in `All`."""
        return bool(self.turning)

    @property
    def effect(self) -> float:
        """By how much the number moves that moves most."""
        return self.comparison.effect

    @property
    def words(self) -> str:
        """What moves furthest, and what changes the order where that is another variant."""
        if not self.turns or self.name in self.turning:
            return self.comparison.words
        name = max(self.turning, key=lambda one: self.turning[one].effect_ranks)
        return f"{self.comparison.words}; the order changes with {name}: {self.turning[name].words}"

    def facts(self, extra: Iterable[Mapping[str, Plain]] = ()) -> Facts:
        """Return effects, numbers and evidence for a finding, as `Comparison.facts` does."""
        return {**self.comparison.facts(extra), "effect_ranks": self.effect_ranks}


def strongest(found: Mapping[str, Comparison]) -> Strongest | None:
    """Return which of several variants, by name, moves a number furthest; None without any."""
    if not found:
        return None
    name = max(found, key=lambda one: (found[one].effect_db is not None, found[one].effect))
    turning = {key: one for key, one in found.items() if one.turns}
    places = max(one.effect_ranks for one in found.values())
    return Strongest(name, found[name], turning, places)
