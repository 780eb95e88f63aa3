"""WAV files written byte by byte, with the headers of other programs and with damage."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

PCM = 1
EXTENSIBLE = 0xFFFE
LIST = b"LIST" + struct.pack("<I", 17) + b"INFOISFT" + struct.pack("<I", 5) + b"Lavf\0\0"
PCM_GUID = struct.pack("<HHHH", PCM, 0, 0, 0x10) + b"\x80\x00\x00\xaa\x00\x38\x9b\x71"


def wav(
    samples: NDArray[np.int16],
    *,
    kind: int = PCM,
    before: bytes = b"",
    after: bytes = b"",
    size: int | None = None,
) -> bytes:
    """Return a 16-bit WAV file of samples [channel sample] at 8 kHz, written byte by byte."""
    channels = len(samples)
    data = samples.T.astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", kind, channels, 8000, 16000 * channels, 2 * channels, 16)
    if kind == EXTENSIBLE:
        form += struct.pack("<HHI", 22, 16, 0) + PCM_GUID
    length = len(data) if size is None else size
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + before
    body += b"data" + struct.pack("<I", length) + data + after
    return b"RIFF" + struct.pack("<I", min(len(body), 0xFFFFFFFF)) + body
