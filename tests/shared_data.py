"""Real audio and reference values outside the repository, for tests marked `data`.

The folders are found through `SEPEVAL_DATA` and `SEPEVAL_GOLDEN`, else beside the checkout.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sepeval.types import Array

_BESIDE = Path(__file__).resolve().parents[2] / "shared"
DATA = Path(os.environ.get("SEPEVAL_DATA", _BESIDE / "data"))
GOLDEN = Path(os.environ.get("SEPEVAL_GOLDEN", _BESIDE / "golden"))
DICOSE = DATA / "dicose-demo" / "Seperation"

STEMS = ("bass", "drums", "guitar", "piano")
RATE = 22050  # Hz, of the audio in DICOSE
SEGMENT = 262144  # samples in one file of DICOSE
TRACKS = {"track00": (0, 1, 2, 3), "track01": (4, 5, 6, 7)}  # the segments that make up a track

needs_golden = pytest.mark.skipif(
    not (GOLDEN / "metrics").is_dir(), reason=f"no reference values at {GOLDEN}"
)
needs_audio = pytest.mark.skipif(not DICOSE.is_dir(), reason=f"no audio at {DICOSE}")


@cache
def golden(name: str) -> dict[str, Any]:
    """Return a document of reference values of metrics, such as `msdm`."""
    document = json.loads((GOLDEN / "metrics" / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def rows(name: str, part: str = "") -> list[dict[str, Any]]:
    """Return the rows of a document, or of one of its parts, by column name."""
    table = golden(name)[part] if part else golden(name)
    return [dict(zip(table["columns"], one, strict=True)) for one in table["rows"]]


def joined(system: str, segments: tuple[int, ...]) -> Array:
    """Return [stem 1 sample] of a system (`original` for the references), segments joined."""
    kind = "original" if system == "original" else "generated"
    stems = [
        np.concatenate(
            [
                soundfile.read(DICOSE / system / f"{kind}_{stem}_{number}.wav")[0]
                for number in segments
            ]
        )
        for stem in STEMS
    ]
    return np.stack(stems)[:, None]
