"""Blocks, counts and notes as text for a terminal and as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from sepeval.report.tables.blocks import Block, Cell, Counts

_GAP = 2  # blanks between columns
_NAME = 32  # a longer name is broken where the table is too wide
_SPECIAL = re.compile(r"[\\`*<>\[\]&~$]|(?<![^\W_])_|_(?![^\W_])")


def as_text(
    title: str,
    blocks: Sequence[Block],
    counts: Sequence[Counts],
    notes: Sequence[str],
    signature: str,
    *,
    width: int,
) -> str:
    """Return everything as aligned text; columns that do not fit go below each other.

    Args:
        title: of the whole.
        blocks: of the table.
        counts: behind them.
        notes: sentences.
        signature: stays on one line.
        width: in characters.
    """
    parts = [wrapped(title, width)]
    for block in blocks:
        room = max((len(_after(cell)) for _, cells in block.lines for cell in cells), default=0)
        rows = [
            (name, *(f"{_starred(cell)}{_after(cell).ljust(room)}" for cell in cells))
            for name, cells in block.lines
        ]
        head = ("system", *(stem + " " * (1 + room) for stem in block.stems))
        starred = any(cell.best for _, cells in block.lines for cell in cells)
        caption = f"{block.title}{'; * best' if starred else ''}"
        parts.append(f"{wrapped(caption, width)}\n{aligned(head, rows, width)}")
    if notes:
        parts.append("\n".join(wrapped(sentence, width) for sentence in notes))
    for one in counts:
        rows = [(name, *map(str, numbers)) for name, numbers in one.lines]
        caption = wrapped(f"Counts of {one.title}", width)
        parts.append(f"{caption}\n{aligned(('', *one.stems), rows, width)}")
    parts.append(signature)
    return "\n\n".join(parts) + "\n"


def as_markdown(
    title: str,
    blocks: Sequence[Block],
    counts: Sequence[Counts],
    notes: Sequence[str],
    signature: str,
) -> str:
    """Return everything as Markdown with pipe tables; the best is bold, the second underlined."""
    parts = [f"**{escaped(title)}**"]
    for block in blocks:
        rows = [(escaped(name), *map(_emphasised, cells)) for name, cells in block.lines]
        head = ("system", *map(escaped, block.stems))
        parts += [escaped(block.titled), pipes(head, rows)]
    if notes:
        parts.append("\n".join(f"- {escaped(sentence)}" for sentence in notes))
    for one in counts:
        rows = [(escaped(name), *map(str, numbers)) for name, numbers in one.lines]
        parts += [escaped(f"Counts of {one.title}"), pipes(("", *map(escaped, one.stems)), rows)]
    parts.append(escaped(signature))
    return "\n\n".join(parts) + "\n"


def _starred(cell: Cell) -> str:
    return f"{cell.text}{'*' if cell.best else ' '}"


def _after(cell: Cell) -> str:
    """Return what stands behind a number: its spread over seeds, and the sign of a test."""
    return (f"±{cell.spread}" if cell.spread else "") + cell.mark


def _emphasised(cell: Cell) -> str:
    """Return a number in Markdown: the best bold, the second underlined."""
    text = f"**{cell.text}**" if cell.best else cell.text
    return (f"<u>{text}</u>" if cell.second else text) + _after(cell)


def aligned(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    headings: Mapping[int, str] | None = None,
) -> str:
    """Return a grid: names to the left, on several lines if need be, the others to the right.

    Args:
        head: names of the columns.
        rows: a name, and one text per column.
        width: in characters; columns that do not fit go below each other.
        headings: lines across all columns, by the place of the row that they stand above.
    """
    taken = sum(
        _GAP + max(cell_len(row[at]) for row in [head, *rows]) for at in range(1, len(head))
    )
    grid = [_broken(row, max(_NAME, width - taken)) for row in [head, *rows]]
    widths = [
        max(cell_len(line[place]) for lines in grid for line in lines) for place in range(len(head))
    ]
    pages: list[list[int]] = [[]]
    for place in range(1, len(head)):
        taken = widths[0] + sum(_GAP + widths[one] for one in [*pages[-1], place])
        if pages[-1] and taken > width:
            pages.append([])
        pages[-1].append(place)
    lines = []
    for page in pages:
        for number, row in enumerate(grid, start=-1):
            if headings and number in headings:
                lines += ["", wrapped(headings[number], width)]
            for line in row:
                others = [_right(line[place], _GAP + widths[place]) for place in page]
                lines.append(_left(line[0], widths[0]) + "".join(others))
        lines.append("")
    return "\n".join(line.rstrip() for line in lines[:-1])


def pipes(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a pipe table: the first column to the left, the others to the right."""
    grid = [[text.replace("|", "\\|") for text in row] for row in [head, *rows]]
    widths = [max(3, *(cell_len(row[place]) for row in grid)) for place in range(len(head))]
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def spelled(row: Sequence[str]) -> str:
        others = [_right(text, width) for text, width in zip(row[1:], widths[1:], strict=True)]
        return f"| {' | '.join([_left(row[0], widths[0]), *others])} |"

    return "\n".join([spelled(grid[0]), spelled(rules), *map(spelled, grid[1:])])


def _broken(row: Sequence[str], width: int) -> list[list[str]]:
    """Return the lines of a row whose name is no wider than that, if words allow it."""
    parts = textwrap.wrap(row[0], width, subsequent_indent="  ") or [""]
    return [
        [part, *(row[1:] if not place else [""] * len(row[1:]))] for place, part in enumerate(parts)
    ]


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text


def escaped(text: str) -> str:
    """Return a text in which no sign means anything in Markdown."""
    return _SPECIAL.sub(lambda found: f"\\{found.group()}", text)


def wrapped(text: str, width: int) -> str:
    """Return a text on lines of so many characters."""
    return "\n".join(textwrap.wrap(text, max(width, 20), break_on_hyphens=False))
