"""Time to audit one run of fifty tracks, after it was scored; and to gather signal facts.

Times are those of a processor, so that other work on the machine does not enter.

    python tests/benchmarks/audit.py [protocols, separated by commas]

One track of four minutes, stereo at 44.1 kHz with four stems, is evaluated; its statistics and
signal facts then stand for all fifty tracks. Its estimates are too soft, so that what can be undone
is scored again too.
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
from sepeval.audits.base import AUDITS, Runs
from sepeval.audits.findings import counted
from sepeval.audits.running import audit_all
from sepeval.kernels.signal_facts import signal_facts
from sepeval.runner import rescore
from sepeval.store import Run, TrackRecord
from sepeval.store.signals import path_of, write_signals
from sepeval.types import Array

STEMS = ("vocals", "drums", "bass", "other")
SECONDS, RATE, TRACKS = 240, 44100, 50
PROTOCOLS = (
    "musdb18-median-mean,musdb18-usdr,msst-si-sdr,msst-sdr,"
    "musdb18-dicose,musdb18-dicose-sdr,torchmetrics-si-sdr,nussl-si-sdr"
)


def music() -> tuple[Array, Array]:
    generator = np.random.default_rng(1)
    references = generator.uniform(-0.2, 0.2, (len(STEMS), 2, SECONDS * RATE))
    references[..., : 30 * RATE] = 0.0
    return references, 0.6 * references + generator.uniform(-0.01, 0.01, references.shape)


def one_run(folder: Path, protocols: list[str], references: Array, estimates: Array) -> Run:
    for kind, signals in (("reference", references), ("estimate", estimates)):
        for stem, samples in zip(STEMS, signals, strict=True):
            path = folder / kind / "track" / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            audio.write(path, samples, rate=RATE, encoding="FLOAT")
    pattern = "{track}/{stem}.wav"
    data = DATASETS.get("folder")(  # type: ignore[call-arg]  # fields of the adapter
        root=folder / "reference", references=pattern, mixture=None, stems=STEMS
    )
    files = SEPARATORS.get("files")(root=folder / "estimate", pattern=pattern)  # type: ignore[call-arg]
    loaded = [load_protocol(name) for name in protocols]
    return evaluate(data.index("all"), files, loaded, root=folder / "one", label="run")


def fifty(run: Run, folder: Path, facts: Path) -> Run:
    """Return a run whose tracks all hold what was stored of the one track."""
    records = [
        TrackRecord(number=number, id=f"track{number}", missing=[], error="")
        for number in range(TRACKS)
    ]
    (source,) = run.manifest.tracks
    copy = Run(folder, run.manifest)
    for layout in run.manifest.layouts:
        for record in records:
            pairs = [
                (run.cells(layout.key, source), copy.cells(layout.key, record)),
                (facts, path_of(copy, layout.key, record)),
            ]
            measured = (run.folder / "measured").glob("*/*")
            pairs += [(path, copy.measured(path.parent.name, record)) for path in measured]
            for old, new in pairs:
                new.parent.mkdir(parents=True, exist_ok=True)
                if not new.exists():
                    os.link(old, new)
    protocols = [run.protocol(name) for name in run.manifest.protocols]
    return rescore(copy.save(run.manifest.model_copy(update={"tracks": records})), protocols)


def main() -> None:
    names = (sys.argv[1] if len(sys.argv) > 1 else PROTOCOLS).split(",")
    folder = Path(tempfile.mkdtemp())
    try:
        references, estimates = music()
        one = one_run(folder, names, references, estimates)
        begin = time.process_time()
        facts = signal_facts(references, estimates, references.sum(axis=0), rate=RATE)
        print(f"signal facts of one track: {time.process_time() - begin:.2f} s")
        write_signals(folder / "facts.parquet", (facts,), track="track", stems=STEMS)
        run = fifty(one, folder / "fifty", folder / "facts.parquet")
        slowest: list[tuple[float, str]] = []
        wall: list[float] = []
        for name in AUDITS.names():
            begin, start = time.perf_counter(), time.process_time()
            found = audit_all([Runs((run,))], only=[name])
            wall.append(time.perf_counter() - begin)
            slowest.append((time.process_time() - start, f"{name}: {counted(found)}"))
        for seconds, told in sorted(slowest, reverse=True)[:12]:
            print(f"{seconds:6.2f} s  {told}")
        total = sum(seconds for seconds, _ in slowest)
        print(
            f"{TRACKS} tracks, {len(names)} protocols, all audits: {total:.1f} s of a processor, "
            f"{sum(wall):.1f} s by the clock"
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
