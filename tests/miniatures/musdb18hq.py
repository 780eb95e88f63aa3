"""MUSDB18-HQ: one of its validation tracks, one other of the folder train, one of test."""

from __future__ import annotations

from pathlib import Path

from sepeval.datasets.musdb18hq import Musdb18HQ
from tests.miniatures import Miniature, noise, write_sound

RATE = 44100
FILES = ("mixture", "drums", "bass", "other", "vocals")
VALIDATION = "Actions - One Minute Smile"
OTHER = "Zz Invented - Song"
TEST = "Invented - Test Song"


def write_track(folder: Path, *, length: int = 441) -> None:
    """Write one track with its five files."""
    for number, name in enumerate(FILES):
        samples = noise(number, channels=2, length=length)
        write_sound(folder / f"{name}.wav", samples, rate=RATE)


def write(root: Path) -> None:
    """Write two tracks of train and one of test."""
    write_track(root / "train" / VALIDATION)
    write_track(root / "train" / OTHER, length=500)
    write_track(root / "test" / TEST)


MINIATURE = Miniature(
    at=lambda root: Musdb18HQ(root=root),
    write=write,
    split="train",
    tracks=(VALIDATION, OTHER),
    missing={},
)
