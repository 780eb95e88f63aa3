r"""Blocks, counts and notes as LaTeX: booktabs for rules, siunitx for columns aligned at the point.

A number that is not parsed by siunitx (underlined, infinite) is set in braces and filled with
phantoms up to the width of its column, so that it stands where the others stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sepeval.report.tables.blocks import Block, Cell, Counts

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "“": "``",
    "”": "''",
    "’": "'",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "†": r"\dag{}",
    "→": r"$\to$",
    "×": r"$\times$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "−": "$-$",
    "σ": r"$\sigma$",
}
_LATIN = 0x180  # signs from here on need fonts that not every LaTeX has
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PREAMBLE = r"""\documentclass{article}
\usepackage{booktabs}
\usepackage{siunitx}
\usepackage[margin=2cm]{geometry}
\begin{document}
"""
_HEAD = (
    "% needs \\usepackage{booktabs,siunitx} in the document that reads it\n"
    "\\providecommand{\\tablesecond}[1]{\\underline{#1}}\n"
)


def as_latex(
    title: str,
    blocks: Sequence[Block],
    counts: Sequence[Counts],
    notes: Sequence[str],
    signature: str,
    *,
    is_document: bool,
) -> str:
    r"""Return one `table` environment per block; notes, counts and signature stand below the last.

    The best number of a column is bold, the second best underlined.

    Args:
        title: of the whole.
        blocks: of the table.
        counts: behind them.
        notes: sentences.
        signature: where the numbers come from.
        is_document: whether the text compiles as it is; else it is for `\input`.
    """
    tables = [_table(title, block) for block in blocks]
    small = [f"{escaped(sentence)}\\par" for sentence in notes]
    small += [_counts(one) for one in counts]
    small.append(f"\\emph{{{escaped(signature)}}}\\par")
    below = "\n".join(small)
    foot = f"{{\\footnotesize\\raggedright\\noindent\n{below}\n}}"
    body = "\n\n".join([_HEAD.rstrip(), *tables, foot])
    return f"{_PREAMBLE}{body}\n\\end{{document}}\n" if is_document else f"{body}\n"


def escaped(text: str) -> str:
    r"""Return a text in which no sign means anything to LaTeX.

    Example:
        >>> print(escaped("CD_1_step & 5 %"))
        CD\_1\_step \& 5 \%
    """
    return "".join(_SIGNS.get(sign, _plain(sign)) for sign in text)


def beyond_latin(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts with a sign that is printed as its code point, each once.

    Example:
        >>> beyond_latin(["bass", "Ωmega", "Ωmega"])
        ('Ωmega',)
    """
    every = dict.fromkeys(texts)
    return tuple(
        text
        for text in every
        if any(_plain(sign).startswith("[U+") for sign in text if sign not in _SIGNS)
    )


def _plain(sign: str) -> str:
    """Return a sign that every LaTeX can set; others as their code point."""
    if not sign.isprintable():
        return " "
    return sign if ord(sign) < _LATIN else f"[U+{ord(sign):04X}]"


def _first(name: str) -> str:
    r"""Return the first cell of a row; `[` and `*` would belong to the rule or `\\` before it."""
    text = escaped(name)
    return f"{{}}{text}" if text.lstrip().startswith(("[", "*")) else text


def _table(title: str, block: Block) -> str:
    widths = [
        _width([cells[place] for _, cells in block.lines]) for place in range(len(block.stems))
    ]
    has_spread = any(cell.spread for _, cells in block.lines for cell in cells)
    columns = "".join(
        f" S[table-format={'-' if sign else ''}{whole}.{part}, detect-weight]"
        + ("@{}l" if has_spread else "")
        for sign, whole, part in widths
    )
    span = "\\multicolumn{2}{c}" if has_spread else ""
    head = " & ".join(["", *(f"{span}{{{escaped(stem)}}}" for stem in block.stems)])
    lines = [
        " & ".join(
            [
                _first(name),
                *(
                    _cell_and_spread(cell, width) if has_spread else _cell(cell, width)
                    for cell, width in zip(cells, widths, strict=True)
                ),
            ]
        )
        for name, cells in block.lines
    ]
    measured = " \\\\\n".join(lines[: len(lines) - block.published])
    others = " \\\\\n".join(lines[len(lines) - block.published :])
    rows = f"{measured} \\\\\n\\midrule\n{others}" if others else measured
    return (
        "\\begin{table}[htbp]\n\\centering\n"
        f"\\caption{{{escaped(title)}. {escaped(block.title)}.}}\\smallskip\n"
        f"\\begin{{tabular}}{{l{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{rows} \\\\\n\\bottomrule\n\\end{{tabular}}\n\\end{{table}}"
    )


def _width(cells: Sequence[Cell]) -> tuple[bool, int, int]:
    """Return whether a column has a minus, and its digits before and after the point."""
    numbers = [cell.text for cell in cells if _NUMBER.fullmatch(cell.text)] or ["0"]
    parts = [text.lstrip("-").partition(".") for text in numbers]
    return (
        any(text.startswith("-") for text in numbers),
        max(len(whole) for whole, _, _ in parts),
        max(len(part) for _, _, part in parts),
    )


def _cell(cell: Cell, width: tuple[bool, int, int]) -> str:
    mark = f"\\textsuperscript{{{escaped(cell.mark)}}}" if cell.mark else ""
    if not _NUMBER.fullmatch(cell.text):
        return f"{{{escaped(cell.text)}}}"
    if cell.second:
        return _underlined(cell.text, mark, width)
    bold = "\\bfseries " if cell.best else ""
    return f"{bold}{cell.text}{{{mark}}}" if mark else f"{bold}{cell.text}"


def _cell_and_spread(cell: Cell, width: tuple[bool, int, int]) -> str:
    """Return a number, and what stands behind it in a column of its own."""
    spread = f"{{\\footnotesize$\\,\\pm${cell.spread}}}" if cell.spread else ""
    mark = f"\\textsuperscript{{{escaped(cell.mark)}}}" if cell.mark else ""
    return f"{_cell(replace(cell, mark=''), width)} & {spread}{mark}"


def _underlined(text: str, mark: str, width: tuple[bool, int, int]) -> str:
    """Return an underlined number as wide as its column, so that its point stands with theirs."""
    sign, whole, part = width
    digits = text.lstrip("-")
    before, _, after = digits.partition(".")
    left = "0" * (whole - len(before))
    lead = f"\\phantom{{{'$-$' if sign and text == digits else ''}{left}}}"
    shown = f"$-${digits}" if text != digits else digits
    after_it = f"\\phantom{{{'0' * (part - len(after))}}}"
    margin = f"\\rlap{{{mark}}}" if mark else ""
    return f"{{{lead}\\tablesecond{{{shown}}}{after_it}{margin}}}"


def _counts(counts: Counts) -> str:
    head = " & ".join(["", *(escaped(stem) for stem in counts.stems)])
    lines = [" & ".join([_first(name), *map(str, numbers)]) for name, numbers in counts.lines]
    rows = " \\\\\n".join(lines)
    columns = "r" * len(counts.stems)
    return (
        f"{escaped(f'Counts of {counts.title}')}\\par\n"
        f"\\begin{{tabular}}{{l{columns}}}\n{head} \\\\\n\\midrule\n{rows} \\\\\n"
        "\\end{tabular}\\par"
    )
