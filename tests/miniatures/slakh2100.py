"""Slakh2100 in its original layout: two test tracks, one in another folder, one without bass."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from sepeval.datasets.slakh2100 import Slakh2100
from tests.miniatures import Miniature, noise, write_sound

RATE = 44100
LENGTH = 441
# name: (inst_class, program, is it a kit, is it rendered)
SOURCES = {
    "S00": ("Guitar", 30, False, True),
    "S01": ("Drums", 128, True, True),
    "S02": ("Piano", 1, False, True),
    "S03": ("Bass", 33, False, True),
    "S04": ("Strings (continued)", 52, False, True),
    "S05": ("Guitar", 26, False, True),
    "S06": ("Sound Effects", 103, False, False),
}


def write_track(
    folder: Path,
    sources: Mapping[str, tuple[str, int, bool, bool]] = SOURCES,
    *,
    ending: str = ".flac",
) -> None:
    """Write one track; the mixture is the sum of its sources."""
    rendered = [name for name, source in sources.items() if source[3]]
    parts = [noise(int(name[1:]), channels=1, length=LENGTH) / 8.0 for name in rendered]
    for name, part in zip(rendered, parts, strict=True):
        write_sound(folder / "stems" / f"{name}{ending}", part, rate=RATE)
    write_sound(folder / f"mix{ending}", sum(parts, start=parts[0] * 0.0), rate=RATE)
    metadata = {
        "UUID": "1a81ae092884234f3264e2f45927f00a",
        "audio_dir": f"{folder.name}/elsewhere",
        "overall_gain": 0.18,
        "stems": {
            name: {
                "audio_rendered": is_rendered,
                "inst_class": inst_class,
                "integrated_loudness": -12.8,
                "is_drum": is_drum,
                "program_num": program,
            }
            for name, (inst_class, program, is_drum, is_rendered) in sources.items()
        },
    }
    (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata), encoding="utf-8")


def write(root: Path) -> None:
    """Write Track01876 and Track01877 of orig-test, and a track of train."""
    no_bass = {name: source for name, source in SOURCES.items() if name != "S03"}
    write_track(root / "test" / "Track01877")
    write_track(root / "train" / "Track01876", no_bass)
    write_track(root / "train" / "Track00001")


MINIATURE = Miniature(
    at=lambda root: Slakh2100(root=root, grouping="program", edition="orig"),
    write=write,
    split="test",
    tracks=("Track01876", "Track01877"),
    missing={"Track01876": ("bass",)},
)
