"""What the robustness tests have tried, counted while they run and printed at their end."""

from __future__ import annotations

import os
from collections import Counter

REDUCED = os.environ.get("SEPEVAL_ROBUSTNESS") == "reduced"  # a short form, for every push

_COUNTS: Counter[str] = Counter()


def count(name: str, n: int = 1) -> None:
    """Add `n` to the figure called `name`, such as "kills survived"."""
    _COUNTS[name] += n


def lines() -> list[str]:
    """Return a line for each figure, in the order of their names."""
    width = max(map(len, _COUNTS), default=0)
    return [f"{name:<{width}}  {_COUNTS[name]:>14,}" for name in sorted(_COUNTS)]
