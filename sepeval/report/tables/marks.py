"""Signs in a table for what a paired test over tracks finds against a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sepeval.compare import Comparison, compare
from sepeval.errors import StoreError
from sepeval.report.tables.blocks import Block, Cell
from sepeval.report.tables.comparison_notes import absent, bounding
from sepeval.results import Results

LEVEL = 0.05
SIGN = "†"


def comparisons(results: Results, baseline: str) -> dict[tuple[str, str], Comparison | str]:
    """Return the comparison with a baseline for every summary and metric, or why there is none.

    Raises:
        UnknownNameError: no system has that name.
    """
    return {key: _comparison(results, baseline, *key) for key in results.keys}


def marked(
    blocks: Sequence[Block], found: dict[tuple[str, str], Comparison | str]
) -> tuple[Block, ...]:
    """Return the blocks with a sign at every number that differs from the baseline's."""
    return tuple(_marked(block, found[block.summary, block.metric]) for block in blocks)


def remark(found: dict[tuple[str, str], Comparison | str]) -> str:
    """Return what the sign means and where there is none, in sentences."""
    made = {key: one for key, one in found.items() if not isinstance(one, str)}
    untested = {key: [one] for key, one in found.items() if isinstance(one, str)}
    said = [_meaning(made)] if made else []
    said += [
        f"{SIGN} is at no number{f' of {whose}' if whose else ''}: {why}."
        for whose, why in _together(untested, len(found))
    ]
    return " ".join(said)


def _comparison(results: Results, baseline: str, summary: str, metric: str) -> Comparison | str:
    try:
        return compare(
            results.runs, results.protocol.id, baseline=baseline, metric=metric, summary=summary
        )
    except StoreError as error:  # the table stands without a test
        return str(error)


def _meaning(found: dict[tuple[str, str], Comparison]) -> str:
    """Return what was tested, and where the sign cannot be or does not say it all."""
    first = next(iter(found.values()))
    test = "paired sign-flip test" if first.by == "mean" else "Wilcoxon's signed-rank test"
    said = (
        f"{SIGN}: differs from {first.baseline} ({test} over the tracks that all systems have, "
        f"p < {LEVEL} after Holm's correction for the {first.tests} tests of a metric)."
    )
    more = {key: [*_out_of_reach(one), *absent(one), *_against(one)] for key, one in found.items()}
    for whose, sentence in _together(more, len(found)):
        said += f" {whose}{': ' if whose else ''}{sentence}."
    return said


def _together(
    sentences: Mapping[tuple[str, str], Sequence[str]], count: int
) -> list[tuple[str, str]]:
    """Return each sentence once, with the metrics that it holds for; none named if for all."""
    shared: dict[str, list[str]] = {}
    for (_, metric), own in sentences.items():
        for sentence in own:
            shared.setdefault(sentence, []).append(metric)
    return [
        ("" if len(metrics) == count else ", ".join(dict.fromkeys(metrics)), sentence)
        for sentence, metrics in shared.items()
    ]


def _out_of_reach(found: Comparison) -> list[str]:
    if found.least_p < LEVEL:
        return []
    return [
        f"{bounding(found)} let no such p be less than {found.least_p:.2g}, so no number can have "
        "this sign, whatever the systems do"
    ]


def _against(found: Comparison) -> list[str]:
    """Return the signs at numbers that differ one way while the tracks differ the other way."""
    return [
        f"{SIGN} of {one.system}, {one.stem}: the number is {one.difference:+.2f} from "
        f"{found.baseline}, and the tracks, which are tested, lie the other way "
        f"({one.wins} better, {one.losses} worse)"
        for one in found.differences
        if (one.system, one.stem) in _far(found)
        and (one.difference or 0.0) * (one.effect or 0.0) < 0
    ]


def _far(found: Comparison) -> set[tuple[str, str]]:
    """Return the systems and stems that differ from the baseline."""
    return {
        (one.system, one.stem)
        for one in found.differences
        if one.p_holm is not None and one.p_holm < LEVEL
    }


def _marked(block: Block, found: Comparison | str) -> Block:
    if isinstance(found, str):
        return block
    far = _far(found)
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
