"""Published numbers beside measured ones: lines that are marked, and notes on what they are.

Such a line is copied from its source. It is never marked as best, whatever its protocol is called:
nobody here has checked that it measures the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from sepeval.errors import DataError
from sepeval.protocol import Protocol
from sepeval.publications import PublishedLine, PublishedNumber, same_name
from sepeval.report.tables.blocks import MISSING, Block, Cell
from sepeval.results.words import plain
from sepeval.summary import ALL

_UNNAMED = {"folder", "museval-json"}  # audio and scores of which nobody knows the dataset


def fitting(
    protocols: Sequence[Protocol], found: Sequence[PublishedLine]
) -> tuple[tuple[PublishedLine, ...], ...]:
    """Return for each protocol the lines that have a number of one of its metrics and stems.

    Raises:
        DataError: there are lines and none fits any of the protocols.
    """
    fit = tuple(tuple(line for line in found if _fits(one, line)) for one in protocols)
    if found and not any(fit):
        metrics = ", ".join(dict.fromkeys(line.metric for line in found))
        asked = list(dict.fromkeys(name for one in protocols for name in _shown(one)))
        message = (
            f"none of {len(found)} published lines fits: they have {metrics}; the table shows "
            f"{', '.join(asked)}. Name them with a filter, such as metric={asked[0]}"
        )
        raise DataError(message)
    return fit


def beside(
    blocks: Sequence[Block], found: Sequence[PublishedLine], data: Collection[str]
) -> tuple[Block, ...]:
    """Return the blocks with published lines below the measured ones.

    Args:
        blocks: of the table.
        found: lines that fit; each goes to the blocks of its metric.
        data: names of the datasets that were measured; a line on another one says so.
    """
    names = _names(found, data)
    made = []
    for block in blocks:
        rows = [(name, _cells(block, line)) for name, line in zip(names, found, strict=True)]
        below = tuple((name, cells) for name, cells in rows if cells)
        made.append(replace(block, lines=(*block.lines, *below), published=len(below)))
    return tuple(made)


def remarks(found: Sequence[PublishedLine], data: Collection[str]) -> tuple[str, ...]:
    """Return where published lines come from, by which protocol, and what is known of them."""
    if not found:
        return ()
    said = [
        "Lines marked as published are copied from their sources and not measured here; their "
        "protocol is as stated there, and none of them is marked as best."
    ]
    if not _UNNAMED.isdisjoint(data):
        said.append("The dataset of what is measured here is not recorded; theirs is told.")
    origins = _origins(found)
    said += [
        f"[{number}] {metric} on {dataset}, by “{protocol}”. Source: {source}."
        for number, (metric, dataset, protocol, source) in enumerate(origins, start=1)
    ]
    for name, line in zip(_names(found, data), found, strict=True):
        stems: dict[str, list[str]] = {}
        for stem, number in line.numbers.items():
            if number.note:
                stems.setdefault(number.note, []).append(stem)
        said += [f"{name}, {', '.join(where)}: {note}." for note, where in stems.items()]
    return tuple(plain(sentence) for sentence in said)


def _shown(protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """Return the columns of a protocol's tables, by metric."""
    columns: dict[str, tuple[str, ...]] = {}
    for summary in protocol.summaries:
        stems = (*protocol.stems, ALL) if summary.all_stems else tuple(protocol.stems)
        columns |= {name: (*columns.get(name, ()), *stems) for name in summary.metrics}
    return columns


def _fits(protocol: Protocol, line: PublishedLine) -> bool:
    return any(
        same_name(metric, line.metric) and any(_number(line, stem) for stem in stems)
        for metric, stems in _shown(protocol).items()
    )


def _names(found: Sequence[PublishedLine], data: Collection[str]) -> list[str]:
    origins = _origins(found)
    return [
        plain(
            f"{line.name} (published [{origins.index(_origin(line)) + 1}]{_elsewhere(line, data)})"
        )
        for line in found
    ]


def _elsewhere(line: PublishedLine, data: Collection[str]) -> str:
    """Return on which data a line is, unless it is the dataset of all that was measured."""
    known = {_spelled(name) for name in data}
    if known == {_spelled(line.dataset)}:
        return ""
    is_other = _UNNAMED.isdisjoint(data) and _spelled(line.dataset) not in known
    return f", {'other data:' if is_other else 'on'} {line.dataset}"


def _spelled(dataset: str) -> str:
    """Return a dataset's name without its split and edition: `MUSDB18-HQ test` is `musdb18hq`."""
    return re.split(r"[\s_]", dataset)[0].replace("-", "").casefold()


def _origins(found: Sequence[PublishedLine]) -> list[tuple[str, str, str, str]]:
    return list(dict.fromkeys(map(_origin, found)))


def _origin(line: PublishedLine) -> tuple[str, str, str, str]:
    return line.metric, line.dataset, line.protocol, line.source


def _cells(block: Block, line: PublishedLine) -> tuple[Cell, ...]:
    """Return one cell per column; empty if the line has nothing for the block."""
    if not same_name(block.metric, line.metric):
        return ()
    found = [_number(line, stem) for stem in block.stems]
    if not any(found):
        return ()
    return tuple(
        Cell(one.printed, one.value, best=False) if one else Cell(MISSING, None, best=False)
        for one in found
    )


def _number(line: PublishedLine, stem: str) -> PublishedNumber | None:
    return next((one for name, one in line.numbers.items() if same_name(name, stem)), None)
