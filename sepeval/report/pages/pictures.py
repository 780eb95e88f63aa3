"""Figures as they stand on a page."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sepeval.report.canvas import Drawing
from sepeval.report.pages.folder import Folder

_FORMATS = ("svg", "png")


@dataclass(frozen=True)
class Picture:
    """One figure on a page.

    Attributes:
        source: address of the drawing, from the report's folder.
        raster: address of the same as PNG.
        title: what it shows.
        words: its numbers as a text.
        width: of the raster, in pixels.
        height: of the raster, in pixels.
    """

    source: str
    raster: str
    title: str
    words: str
    width: int
    height: int


def drawn(drawing: Drawing, folder: Folder, where: str) -> Picture:
    """Write a figure into a folder of the report, and return it as it stands on a page.

    Raises:
        StoreError: it cannot be written.
    """
    paths = drawing.write(folder.path / where, _FORMATS)
    source, raster = (f"{where}/{path.name}" for path in paths)
    folder.note(source)
    folder.note(raster)
    size = struct.unpack(">II", paths[1].read_bytes()[16:24])  # width and height of a PNG
    return Picture(source, raster, drawing.title, drawing.words, *size)
