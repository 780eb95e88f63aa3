"""How far the numbers of stochastic systems move by their seeds, beside the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sepeval.compare import Key, Seeds
from sepeval.report.tables.blocks import Block
from sepeval.results import Results


def beside(
    blocks: Sequence[Block], results: Results, found: Mapping[Key, Seeds], *, decimals: int
) -> tuple[Block, ...]:
    """Return the blocks with a spread at every number that several replicates have.

    Args:
        blocks: of measured systems, in their order.
        results: of the same systems.
        found: spreads by number.
        decimals: of the table.
    """
    names = [system.name for system in results.systems]
    made = []
    for block in blocks:
        lines = []
        for name, (shown, cells) in zip(names, block.lines, strict=True):
            keys = [Key(name, block.summary, block.metric, stem) for stem in block.stems]
            spreads = [
                f"{found[key].deviation:.{decimals}f}" if key in found else "" for key in keys
            ]
            both = zip(cells, spreads, strict=True)
            lines.append((shown, tuple(replace(cell, spread=one) for cell, one in both)))
        made.append(replace(block, lines=tuple(lines)))
    return tuple(made)


def remark(found: Mapping[Key, Seeds]) -> str:
    """Return what the spread is, in one sentence."""
    counts = {key.system: one.replicates for key, one in found.items()}
    told = ", ".join(f"{name} {count}" for name, count in counts.items())
    return (
        f"±: standard deviation of the number from one replicate to another (replicates: {told}); "
        "it says nothing of other tracks."
    )
