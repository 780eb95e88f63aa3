"""Small runs on real files, so that a report has something to hear."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sepeval import audio
from sepeval.datasets.folder import Folder
from sepeval.runner import evaluate
from sepeval.separators.files import Files
from sepeval.store import Run
from tests.report.runs import protocol

RATE = 8000
SECONDS = 6
STEMS = ("bass", "drums")
TRACKS = ('<img src=x onerror=console.error(1)> & "q" \'', "plain", "third")
SYSTEMS = {"near": 0.05, "far <i>": 0.4}


def evaluated(root: Path, *, without: Sequence[str] = ()) -> list[Run]:
    """Return runs of two systems on three tracks; the far one is clipped when it is written.

    Bass is silent in the last third of every track.

    Args:
        root: where everything is written.
        without: estimates, or folders of them, that are deleted before they are scored.
    """
    generator = np.random.default_rng(7)
    for place, track in enumerate(TRACKS):
        stems = _stems(generator, 110.0 * (place + 1))
        for stem, signal in stems.items():
            _write(root / "references" / track / f"{stem}.wav", signal)
        for system, leak in SYSTEMS.items():
            for stem, signal in stems.items():
                other = sum(stems.values()) - signal
                loud = 1.5 if leak > 0.1 and stem == "drums" else 1.0
                estimate = loud * (signal + leak * (place + 1) * other)
                _write(root / system / track / f"{stem}.wav", estimate)
    for path in [one for name in without for one in (root / name, *(root / name).glob("*"))]:
        if path.is_file():
            path.unlink()
    index = Folder(
        root=root / "references", references="{track}/{stem}.wav", mixture=None, stems=STEMS
    ).index("all")
    pattern = "{track}/{stem}.wav"
    silence = {"threshold": None, "min_active": 0, "estimate": "score", "other": "score"}
    rule = {"rule": "zero", "reference": "leave_out", "mask": "own", **silence}
    return [
        evaluate(
            index,
            Files(root=root / system, pattern=pattern),
            [protocol(silence=rule, metrics=[_metric()])],
            root=root / "runs",
            label=system,
        )
        for system in SYSTEMS
    ]


def _metric() -> dict[str, object]:
    parameters = {
        "eps": {"target": 0.0, "error": 0.0, "ratio": 0.0},
        "zero_mean": False,
        "channels": "energies_summed",
        "precision": "float64",
    }
    return {"name": "sdr", "metric": "sdr", "where": "every_window", "parameters": parameters}


def _stems(generator: np.random.Generator, pitch: float) -> dict[str, np.ndarray]:
    time = np.arange(RATE * SECONDS) / RATE
    bass = 0.4 * np.sin(2 * np.pi * pitch * time)
    bass[2 * len(time) // 3 :] = 0.0
    beats = np.exp(-20.0 * (time % 0.5))
    drums = 0.6 * beats * generator.uniform(-1, 1, len(time))
    return {"bass": np.stack([bass, 0.5 * bass]), "drums": np.stack([drums, drums])}


def _write(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio.write(path, samples, rate=RATE, encoding="FLOAT")
