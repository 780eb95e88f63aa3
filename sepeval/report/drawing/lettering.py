"""Text on figures: names that are shortened, lines that are broken to fit."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

FONT = "DejaVu Sans"  # comes with matplotlib
# Fonts for signs that DejaVu lacks (Chinese, Japanese, Korean); the first installed is taken.
# Those with TrueType outlines come first: a PDF holds them as what they are.
_FALLBACKS = (
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans",
)
LETTER_IN = 0.075 / 9.0  # inches, width of a letter per point of its size
_HINTED = 1.04  # letters on whole pixels are wider than they are drawn, at most by this
_WORD = 60  # characters, after which even a word is broken


def families() -> list[str]:
    """Return the font of figures, and after it one that has more signs where it is installed."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [FONT, *[name for name in _FALLBACKS if name in installed][:1]]


def height_in(text: str, points: float) -> float:
    """Return how high a text is, in inches, with a line spacing of 1.3."""
    return (text.count("\n") + 1) * 1.3 * points / 72


def label(name: str, marks: Sequence[str], width: int) -> str:
    """Return a system's name on about two lines, and its marks on lines of their own.

    Args:
        name: of the system.
        marks: what a reader must know of it.
        width: characters in a line.
    """
    parts = [shortened(name, 2 * width - 3), *(f"({mark})" for mark in marks)]
    return "\n".join(textwrap.fill(part, width, break_on_hyphens=False) for part in parts)


def shortened(name: str, most: int) -> str:
    """Return a name with its middle left out where it has more characters.

    Example:
        >>> shortened("a name", 6), shortened("a longer name", 9)
        ('a name', 'a l … ame')
    """
    half = (most - 3) // 2
    return name if len(name) <= most else f"{name[:half]} … {name[-half:]}"


def wrapped(text: str, width_in: float, *, points: float) -> str:
    """Return a text in lines that fit on a paper of so many inches, less its margins."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=families(), size=points)
    words = [part for word in text.split() for part in textwrap.wrap(word, _WORD)]
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".lstrip()
        extent, _, _ = text_to_path.get_text_width_height_descent(longer, font, ismath=False)
        if extent * _HINTED > (width_in - 0.2) * 72 and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)
