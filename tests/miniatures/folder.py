"""A folder with references and mixtures side by side; one track has no guitar."""

from __future__ import annotations

from pathlib import Path

from sepeval.datasets.folder import Folder
from tests.miniatures import Miniature, noise, write_sound

RATE = 22050
REFERENCES = "original/original_{stem}_{track}.wav"
MIXTURE = "original/Mixture_audio_{track}.wav"
STEMS = ("bass", "drums", "guitar", "piano")


def write(root: Path) -> None:
    """Write tracks 0, 2 and 10."""
    for track in ("0", "2", "10"):
        for number, name in enumerate(("Mixture_audio", *(f"original_{stem}" for stem in STEMS))):
            if (track, name) != ("2", "original_guitar"):
                samples = noise(number, channels=1, length=300)
                write_sound(root / "original" / f"{name}_{track}.wav", samples, rate=RATE)


MINIATURE = Miniature(
    at=lambda root: Folder(root=root, references=REFERENCES, mixture=MIXTURE, stems=STEMS),
    write=write,
    split="all",
    tracks=("0", "10", "2"),
    missing={"2": ("guitar",)},
)
