"""Time to score fifty runs of fifty tracks again under ten protocols, from stored statistics.

    python tests/benchmarks/rescoring.py [runs]

One track of four minutes, stereo at 44.1 kHz with four stems, is evaluated; its statistics then
stand for all tracks of all runs, because what they hold does not change the time.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sepeval import DATASETS, SEPARATORS, audio, evaluate, load_protocol
from sepeval.protocol import Protocol
from sepeval.runner import rescore_all
from sepeval.store import Run, TrackRecord, find_runs

STEMS = ("vocals", "drums", "bass", "other")
SECONDS, RATE, TRACKS = 240, 44100, 50
PROTOCOLS = (
    "musdb18-median-mean",
    "musdb18-shared-mask",
    "musdb18-usdr",
    "musdb18-dicose",
    "musdb18-dicose-sdr",
    "msst-sdr",
    "msst-si-sdr",
    "diff-vs-csdr",
    "nussl-si-sdr",
    "torchmetrics-si-sdr",
)


def one_run(folder: Path, protocols: list[Protocol]) -> Run:
    generator = np.random.default_rng(1)
    for stem in STEMS:
        reference = generator.uniform(-0.2, 0.2, (2, SECONDS * RATE))
        reference[:, : 30 * RATE] = 0.0
        estimate = 0.9 * reference + generator.uniform(-0.05, 0.05, reference.shape)
        for kind, samples in (("reference", reference), ("estimate", estimate)):
            path = folder / kind / "track" / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            audio.write(path, samples, rate=RATE, encoding="PCM_16")
    pattern = "{track}/{stem}.wav"
    data = DATASETS.get("folder")(
        root=folder / "reference", references=pattern, mixture=None, stems=STEMS
    )
    files = SEPARATORS.get("files")(root=folder / "estimate", pattern=pattern)
    return evaluate(data.index("all"), files, protocols, root=folder / "one", label="run")


def many_runs(run: Run, folder: Path, count: int) -> None:
    """Write runs of fifty tracks that all hold the statistics of the one track."""
    records = [
        TrackRecord(number=number, id=f"track{number}", missing=[], error="")
        for number in range(TRACKS)
    ]
    (source,) = run.manifest.tracks
    for number in range(count):
        copy = Run(folder / f"run{number}", run.manifest)
        for layout in run.manifest.layouts:
            for record in records:
                target = copy.cells(layout.key, record)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(run.cells(layout.key, source), target)
        copy.save(run.manifest.model_copy(update={"tracks": records}))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    protocols = [load_protocol(name) for name in PROTOCOLS]
    folder = Path(tempfile.mkdtemp())
    try:
        many_runs(one_run(folder, protocols), folder / "many", count)
        runs = list(find_runs([folder / "many"]))
        begin = time.perf_counter()
        rescore_all(runs, protocols, workers=2)
        seconds = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in runs[0].folder.rglob("cells/**/*.parquet"))
        print(
            f"{count} runs x {TRACKS} tracks x {len(protocols)} protocols, 2 processes: "
            f"{seconds:.1f} s; statistics of one run: {size / 2**20:.1f} MiB"
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
