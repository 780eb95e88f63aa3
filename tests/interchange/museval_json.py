"""Files as museval writes them, with known numbers, and museval's own reader of such files."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np

from sepeval.types import Array

METRICS = ("SDR", "SIR", "ISR", "SAR")
FOUR = ("vocals", "drums", "bass", "other")
FIVE = (*FOUR, "accompaniment")


def numbers(targets: tuple[str, ...], frames: int, *, seed: int) -> dict[str, Array]:
    """Return [frame metric] for each target, in dB with museval's five decimals, some nan."""
    generator = np.random.default_rng(seed)
    found = {name: generator.normal(5, 4, (frames, 4)).round(5) for name in targets}
    for name in targets:
        if name in FOUR[1:]:
            found[name][frames // 2] = np.nan
    return found


def document(
    scores: Mapping[str, Array], *, hop_s: float = 1.0, length_s: float = 1.0
) -> dict[str, object]:
    """Return what museval writes for one track."""
    targets = [
        {
            "name": name,
            "frames": [
                {
                    "time": number * hop_s,
                    "duration": length_s,
                    "metrics": {key: float(one) for key, one in zip(METRICS, row, strict=True)},
                }
                for number, row in enumerate(rows)
            ],
        }
        for name, rows in scores.items()
    ]
    return {"targets": targets, "museval_version": "0.4.1"}


def write(path: Path, scores: Mapping[str, Array]) -> Path:
    """Write the file of one track."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(scores), indent=2), encoding="utf-8")
    return path


def system(
    folder: Path, targets: tuple[str, ...], *, tracks: int = 3, frames: int = 6, seed: int = 0
) -> dict[str, dict[str, Array]]:
    """Write the files of one system and return their numbers by track."""
    made = {}
    for number in range(tracks):
        name = f"Artist {number} - Song & Ünïcode {number}"
        made[name] = numbers(targets, frames + number, seed=seed * 100 + number)
        write(folder / f"{name}.json", made[name])
    return made


@contextmanager
def museval_aggregate() -> Iterator[ModuleType]:
    """museval's `aggregate.py`, without the package around it, which needs ffmpeg."""
    found = importlib.util.find_spec("museval")
    assert found is not None
    assert found.submodule_search_locations is not None
    before = {name: one for name, one in sys.modules.items() if name.startswith("museval")}
    package = ModuleType("museval")
    package.__path__ = list(found.submodule_search_locations)
    for name in before:
        del sys.modules[name]
    sys.modules["museval"] = package
    try:
        yield importlib.import_module("museval.aggregate")
    finally:
        for name in [one for one in sys.modules if one.startswith("museval")]:
            del sys.modules[name]
        sys.modules.update(before)
