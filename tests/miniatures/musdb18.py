"""MUSDB18: the tracks of the MUSDB18-HQ miniature as AAC streams in `.stem.mp4` files."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from sepeval.datasets.musdb18 import Musdb18
from tests.miniatures import Miniature, noise
from tests.miniatures.musdb18hq import OTHER, RATE, TEST, VALIDATION


def write_track(path: Path, *, length: int = 5000, streams: int = 5) -> None:
    """Write one file; stream n has n times the level of stream 1, stream 0 five times."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        tracks = [container.add_stream("aac", rate=RATE, layout="stereo") for _ in range(streams)]
        for number, track in enumerate(tracks):
            samples = noise(number, channels=2, length=length) * (number or 5) / 5.0
            frame = av.AudioFrame.from_ndarray(samples.astype(np.float32), "fltp", "stereo")
            frame.sample_rate = RATE
            container.mux([*track.encode(frame), *track.encode(None)])


def write(root: Path) -> None:
    """Write two tracks of train and one of test."""
    write_track(root / "train" / f"{VALIDATION}.stem.mp4")
    write_track(root / "train" / f"{OTHER}.stem.mp4", length=7000)
    write_track(root / "test" / f"{TEST}.stem.mp4")


MINIATURE = Miniature(
    at=lambda root: Musdb18(root=root),
    write=write,
    split="train",
    tracks=(VALIDATION, OTHER),
    missing={},
)
