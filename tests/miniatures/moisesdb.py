"""MoisesDB: two tracks, one without bass, with sources of different lengths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sepeval.datasets.moisesdb import MoisesDB
from tests.miniatures import Miniature, noise, write_sound

RATE = 44100
FULL = "0a1b2c3d-0000-4000-8000-000000000002"
NO_BASS = "0a1b2c3d-0000-4000-8000-000000000001"
STEMS = {"vocals": 2, "bass": 1, "drums": 3, "guitar": 1, "percussion": 1}


def write_track(folder: Path, stems: Mapping[str, int] = STEMS) -> None:
    """Write one track; `stems` says how many sources each stem has."""
    document: dict[str, object] = {"song": "Song", "artist": "Artist", "genre": "rock"}
    listed = []
    for stem, count in stems.items():
        sources = [
            {
                "id": f"{stem}-{number}",
                "extension": "wav",
                "trackType": stem,
                "has_bleed": False,
            }
            for number in range(count)
        ]
        listed.append({"stemName": stem, "tracks": sources})
        for number in range(count):
            samples = noise(number, channels=2, length=441 + number)
            write_sound(folder / stem / f"{stem}-{number}.wav", samples, rate=RATE)
    document["stems"] = listed
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.json").write_text(json.dumps(document), encoding="utf-8")


def write(root: Path) -> None:
    """Write two tracks of two providers."""
    write_track(root / "provider_b" / FULL)
    without = {stem: count for stem, count in STEMS.items() if stem != "bass"}
    write_track(root / "provider_a" / NO_BASS, without)


MINIATURE = Miniature(
    at=lambda root: MoisesDB(root=root, grouping="four_stems"),
    write=write,
    split="all",
    tracks=(NO_BASS, FULL),
    missing={NO_BASS: ("bass",)},
)
