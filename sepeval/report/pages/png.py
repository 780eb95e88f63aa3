"""Small pictures of few colours as PNG, with the standard library alone.

Pillow would write the same; the report needs one kind of picture, whose bytes depend on nothing
but its pixels.

References:
    [1] W3C. "Portable Network Graphics (PNG) Specification", second edition, 2003.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BITS = 4  # per pixel
_PALETTE = 3  # colour type of [1], table 11.1


def encoded(levels: NDArray[np.uint8], palette: list[tuple[int, int, int]]) -> bytes:
    """Return a picture of at most 16 colours as PNG.

    Args:
        levels: [row column], places in the palette, from the top left.
        palette: red, green and blue from 0 to 255.

    Raises:
        ValueError: a level is no place in the palette, or there are more than 16.
    """
    height, width = levels.shape
    if len(palette) > 2**_BITS or int(levels.max(initial=0)) >= len(palette):
        message = f"expected levels below {len(palette)} of at most 16, found {levels.max()}"
        raise ValueError(message)
    even = np.pad(levels, [(0, 0), (0, width % 2)])
    packed = (even[:, ::2] << _BITS) | even[:, 1::2]
    rows = np.pad(packed, [(0, 0), (1, 0)])  # each row begins with its filter, 0: none
    header = struct.pack(">IIBBBBB", width, height, _BITS, _PALETTE, 0, 0, 0)
    colours = bytes(value for colour in palette for value in colour)
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", colours),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
