"""Whether a FLAC file has the length and the rate that its header says, without decoding it.

A decoder stops where the header tells it to, so a header that says too little gives a shorter
signal. Each frame says which samples it holds, and mostly its rate, so the last ones are looked for
at the end of the file [1].

References:
    [1] van Beurden, Weaver. "Free Lossless Audio Codec (FLAC)", RFC 9639, 2024, section 9.1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_TAIL = 1 << 20  # bytes at the end that hold at least one frame; the largest have some 100 000
_LONGEST = 16  # bytes of a frame's header
_SIZES = {1: 192, **{code: 144 << code for code in range(2, 6)}}  # samples of a frame, by code
_SIZES |= {code: 1 << code for code in range(8, 16)}
_RATES = {1: 88200, 2: 176400, 3: 192000, 4: 8000, 5: 16000, 6: 22050}  # in Hz, by code
_RATES |= {7: 24000, 8: 32000, 9: 44100, 10: 48000, 11: 96000}
_UNITS = {12: (1, 1000), 13: (2, 1), 14: (2, 10)}  # bytes that follow, and their unit in Hz


class _Frame(NamedTuple):
    """What the header of a frame says: samples up to its end, and rate in Hz, 0 if it does not."""

    end: int
    rate: int


def disagreement(path: Path) -> str:
    """Return what the frames at the end of a FLAC file contradict of its header, in words.

    Empty where they do not, and for a file that is no FLAC file, does not say how long it is, or
    ends with something else than frames.
    """
    with path.open("rb") as raw:
        head = raw.read(26)
        if head[:4] != b"fLaC" or len(head) < 26:
            return ""
        size = raw.seek(0, os.SEEK_END)
        raw.seek(max(0, size - _TAIL))
        tail = raw.read(_TAIL)
    block = int.from_bytes(head[10:12], "big")
    rate = int.from_bytes(head[18:21], "big") >> 4
    total = int.from_bytes(head[18:26], "big") & ((1 << 36) - 1)
    found = list(_frames(tail, block))
    if not total or not found:
        return ""
    last = [one for one in found if one.end == total]
    if not last:
        return f"the header says {total} samples, and no frame at the end of the file ends there"
    if all(one.rate not in (0, rate) for one in last):
        return f"the header says {rate} Hz, and the last frame {last[-1].rate} Hz"
    return ""


def _frames(tail: bytes, block: int) -> Iterator[_Frame]:
    """Yield what looks like frames.

    Args:
        tail: of the file.
        block: samples of a frame, where all but the last have the same.
    """
    place = tail.find(b"\xff")
    while place >= 0:
        head = tail[place : place + _LONGEST]
        if head[1:2] in (b"\xf8", b"\xf9"):
            found = _frame(head, block)
            if found is not None:
                yield found
        place = tail.find(b"\xff", place + 1)


def _frame(head: bytes, block: int) -> _Frame | None:
    """Return the frame that begins here; None where none does."""
    if len(head) < 6:
        return None
    code, rate = head[2] >> 4, head[2] & 15
    ones = f"{head[4]:08b}".index("0") if head[4] < 0xFF else 8  # of a number as in UTF-8
    if ones == 1 or ones > 7:
        return None
    at = 4 + max(1, ones)
    number = head[4] & (0x7F >> ones) if ones else head[4]
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    stop = at + {6: 1, 7: 2}.get(code, 0)
    samples = _SIZES.get(code, int.from_bytes(head[at:stop], "big") + 1)
    width, unit = _UNITS.get(rate, (0, 0))
    spelled = int.from_bytes(head[stop : stop + width], "big") * unit
    stop += width
    if stop >= len(head) or _crc(head[:stop]) != head[stop]:
        return None
    start = number if head[1] & 1 else number * block
    return _Frame(start + samples, _RATES.get(rate, spelled))


def _crc(data: bytes) -> int:
    """Return the check sum of a frame's header: polynomial x⁸ + x² + x + 1."""
    found = 0
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = (found << 1 ^ 0x07 if found & 0x80 else found << 1) & 0xFF
    return found
