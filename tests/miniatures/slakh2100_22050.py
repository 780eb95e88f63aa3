"""The 22.05 kHz repack of Slakh2100: two test tracks, one without bass and guitar."""

from __future__ import annotations

from pathlib import Path

from sepeval.datasets.slakh2100_22050 import Slakh2100Repack
from tests.miniatures import Miniature, noise, write_sound

RATE = 22050
STEMS = ("bass", "drums", "guitar", "piano")


def write_track(folder: Path, stems: tuple[str, ...] = STEMS, *, length: int = 500) -> None:
    """Write one track with the stems named."""
    for number, stem in enumerate(stems):
        samples = noise(number, channels=1, length=length)
        write_sound(folder / f"{stem}.wav", samples, rate=RATE)


def write(root: Path) -> None:
    """Write two test tracks, a stray folder and a track of validation."""
    write_track(root / "test" / "Track02100")
    write_track(root / "test" / "Track01999", ("drums", "piano"))
    write_track(root / "test" / "Track01999 copy")
    write_track(root / "validation" / "Track01501")


MINIATURE = Miniature(
    at=lambda root: Slakh2100Repack(root=root, edition="orig"),
    write=write,
    split="test",
    tracks=("Track01999", "Track02100"),
    missing={"Track01999": ("bass", "guitar")},
)
