"""Figures as they stand on a page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sepeval.report.drawing.canvas import Drawing
from sepeval.report.pages.folder import Folder

_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"', re.DOTALL)
_PIXELS = 5 / 3  # of the browser in a point: letters are as large as those of the page


@dataclass(frozen=True)
class Picture:
    """One figure on a page.

    Attributes:
        source: address of the drawing, from the report's folder.
        title: what it shows.
        words: its numbers as a text.
        width: at most, in pixels of the browser.
        height: with that width.
    """

    source: str
    title: str
    words: str
    width: int
    height: int


def drawn(drawing: Drawing, folder: Folder, where: str) -> Picture:
    """Write a figure into a folder of the report, and return it as it stands on a page.

    Raises:
        StoreError: it cannot be written.
        ValueError: the drawing does not say how large it is.
    """
    (path,) = drawing.write(folder.path / where, ("svg",))
    source = f"{where}/{path.name}"
    folder.note(source)
    return Picture(source, drawing.title, drawing.words, *_size(path.read_text(encoding="utf-8")))


def _size(text: str) -> tuple[int, int]:
    """Return width and height of a drawing, in pixels."""
    found = _SIZE.search(text)
    if found is None:
        raise ValueError("the drawing has no size in points")
    return round(float(found[1]) * _PIXELS), round(float(found[2]) * _PIXELS)
