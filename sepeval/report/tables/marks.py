"""Signs in a table for what a paired test over tracks finds against a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sepeval.compare import Comparison, compare
from sepeval.report.tables.blocks import Block, Cell
from sepeval.report.tables.comparison import bounding
from sepeval.results import Results

LEVEL = 0.05
SIGN = "†"


def comparisons(results: Results, baseline: str) -> dict[tuple[str, str], Comparison]:
    """Return the comparison with a baseline for every summary and metric.

    Raises:
        UnknownNameError: no system has that name.
        StoreError: there is one system, or no track has values of all.
    """
    return {
        (summary, metric): compare(
            results.runs, results.protocol.id, baseline=baseline, metric=metric, summary=summary
        )
        for summary, metric in results.keys
    }


def marked(blocks: Sequence[Block], found: dict[tuple[str, str], Comparison]) -> tuple[Block, ...]:
    """Return the blocks with a sign at every number that differs from the baseline's."""
    return tuple(_marked(block, found[block.summary, block.metric]) for block in blocks)


def remark(found: dict[tuple[str, str], Comparison]) -> str:
    """Return what the sign means, in one sentence."""
    first = next(iter(found.values()))
    test = "paired sign-flip test" if first.by == "mean" else "Wilcoxon's signed-rank test"
    said = (
        f"{SIGN}: differs from {first.baseline} ({test} over the tracks that all systems have, "
        f"p < {LEVEL} after Holm's correction for the {first.tests} tests of a metric)."
    )
    out_of_reach = {
        metric: f"{bounding(one)} let no such p be less than {one.least_p:.2g}"
        for (_, metric), one in found.items()
        if one.least_p >= LEVEL
    }
    reasons = dict.fromkeys(out_of_reach.values())
    for reason in reasons:
        metrics = [metric for metric, own in out_of_reach.items() if own == reason]
        whose = (
            "" if len(reasons) == 1 and len(metrics) == len(found) else ", ".join(metrics) + ": "
        )
        said += f" {whose}{reason}, so no number can have this sign, whatever the systems do."
    return said


def _marked(block: Block, found: Comparison) -> Block:
    far = {
        (one.system, one.stem)
        for one in found.differences
        if one.p_holm is not None and one.p_holm < LEVEL
    }
    names = [system.name for system in found.results.systems]
    lines = [
        (
            shown,
            tuple(
                _signed(cell, (name, stem) in far)
                for cell, stem in zip(cells, block.stems, strict=True)
            ),
        )
        for name, (shown, cells) in zip(names, block.lines, strict=False)
    ]
    return replace(block, lines=(*lines, *block.lines[len(lines) :]))


def _signed(cell: Cell, differs: bool) -> Cell:
    return replace(cell, mark=SIGN) if differs else cell
