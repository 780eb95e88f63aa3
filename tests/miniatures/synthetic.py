"""The synthetic dataset writes itself: two short tracks in the 22.05 kHz layout."""

from __future__ import annotations

from pathlib import Path

from sepeval.datasets.synthetic import Synthetic
from tests.miniatures import Miniature


def adapter(root: Path) -> Synthetic:
    """Return the adapter of two tracks of half a second."""
    return Synthetic(root=root, layout="slakh2100_22050", tracks=2, seconds=0.5, seed=1)


MINIATURE = Miniature(
    at=adapter,
    write=lambda root: root.mkdir(exist_ok=True),
    split="test",
    tracks=("Track01876", "Track01877"),
    missing={},
)
