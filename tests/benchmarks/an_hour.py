"""Peak memory and time of scoring one long track of four stereo stems whose estimates are files.

    python tests/benchmarks/an_hour.py [--minutes 60] [--ending wav] [--way whole] [--protocols a,b]

Not a test: a figure depends on the machine. Memory is the largest resident memory of the process
that scores, interpreter and libraries included. `--way whole` holds the track in memory, for
comparison; two runs of the same give the same digest of all stored parts, whichever way.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

RATE = 44100  # Hz
STEMS = ("vocals", "drums", "bass", "other")
SCORE = """
import hashlib, sys
from pathlib import Path
from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.runner import memory

root, ending, way, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4].split(",")
if way != "auto":
    memory.HELD = 10**15 if way == "whole" else 0
    memory.machine_bytes = lambda: 10**15
stems = ("vocals", "drums", "bass", "other")
pattern = "{track}/{stem}." + ending
data = DATASETS.get("folder")(
    root=root / "reference", references=pattern, mixture=None, stems=stems
)
files = SEPARATORS.get("files")(root=root / "estimate", pattern=pattern)
protocols = [load_protocol(name) for name in names]
run = evaluate(data.index("all"), files, protocols, root=Path(sys.argv[5]), label="long")
record = run.manifest.tracks[0]
assert not record.trouble, record.trouble
digest = hashlib.sha256()
for path in sorted(run.folder.rglob("*.parquet")):
    digest.update(path.read_bytes())
from sepeval.metrics.base import Means
from sepeval.protocol import Protocol
from sepeval.scoring import views
import os
track = data.index("all").tracks[0]
plan = memory.Plan(track, files, False, Means(os.cpu_count() or 1))
said = plan.predicted_bytes(views([one.for_stems(stems) for one in protocols]))
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024, said, digest.hexdigest()[:16])
"""


def write_track(folder: Path, *, minutes: float, ending: str) -> None:
    """Noise of 16 bit, whose estimates have leak from the next stem, a minute at a time."""
    kinds = ("reference", "estimate")
    places = {
        (kind, stem): folder / kind / "track" / f"{stem}.{ending}"
        for kind in kinds
        for stem in STEMS
    }
    for place in places.values():
        place.parent.mkdir(parents=True, exist_ok=True)
    sounds = {
        key: soundfile.SoundFile(place, "w", RATE, 2, "PCM_16") for key, place in places.items()
    }
    generator = np.random.default_rng(1)
    left = int(minutes * 60 * RATE)
    while left > 0:
        count = min(left, 60 * RATE)
        stems = 0.1 * generator.standard_normal((4, count, 2), dtype=np.float32)
        estimates = stems + 0.1 * np.roll(stems, 1, axis=0)
        estimates += 0.01 * generator.standard_normal(stems.shape, dtype=np.float32)
        for number, stem in enumerate(STEMS):
            sounds["reference", stem].write(np.clip(stems[number], -0.99, 0.99))
            sounds["estimate", stem].write(np.clip(estimates[number], -0.99, 0.99))
        left -= count
    for sound in sounds.values():
        sound.close()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--minutes", type=float, default=60.0)
    words.add_argument("--ending", default="wav", choices=("wav", "flac"))
    words.add_argument("--way", default="auto", choices=("auto", "whole", "slices"))
    words.add_argument("--protocols", default="musdb18-sisec18")
    words.add_argument("--folder", type=Path, default=None, help="keeps the audio here")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = asked.folder or Path(name)
        audio = folder / f"{asked.minutes:g}-{asked.ending}"
        if not audio.exists():
            write_track(audio, minutes=asked.minutes, ending=asked.ending)
        command = [
            sys.executable,
            "-c",
            SCORE,
            str(audio),
            asked.ending,
            asked.way,
            asked.protocols,
        ]
        load = os.getloadavg()[0]
        begin = time.perf_counter()
        done = subprocess.run([*command, name], check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - begin
        peak, said, digest = done.stdout.split()
        print(
            f"{asked.minutes:g} min {asked.ending} {asked.way} {asked.protocols}: "
            f"{int(peak) / 1e9:.2f} GB (predicted {int(said) / 1e9:.2f}), {seconds:.0f} s, "
            f"parts {digest}, load {load:.1f}"
        )


if __name__ == "__main__":
    main()
