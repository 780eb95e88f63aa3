"""Speed and memory of the main job, as ratios measured in one run on this machine.

    python tests/benchmarks/main_job.py

Not a test: a figure depends on the machine. Start-up is the fastest of several runs, warm; scoring
is compared with reading the same files; memory is the peak above the imports, over the size of the
track's decoded float32 audio.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from sepeval import audio
from sepeval.kernels import cells
from sepeval.protocol import load as load_protocol
from sepeval.scoring import TrackStatistics, edges, score_track
from sepeval.types import AudioFile

SECONDS = 240
STEMS = ("bass", "drums", "guitar", "piano")


def best(action: Callable[[], object], *, of: int = 5) -> float:
    times = []
    for _ in range(of):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return min(times)


def start_up() -> None:
    for words in (["-c", "import sepeval"], ["-m", "sepeval", "--help"], ["-c", "pass"]):
        command = [sys.executable, *words]
        seconds = best(partial(subprocess.run, command, check=True, capture_output=True))
        print(f"start-up  {' '.join(words):24} {seconds:.3f} s")


def write_track(folder: Path, *, rate: int, channels: int, stems: tuple[str, ...]) -> list[Path]:
    generator = np.random.default_rng(1)
    paths = []
    for kind in ("reference", "estimate"):
        for stem in stems:
            samples = generator.uniform(-0.2, 0.2, (channels, SECONDS * rate))
            path = folder / kind / "track" / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            audio.write(path, samples, rate=rate, encoding="PCM_16")
            paths.append(path)
    return paths


def scoring_against_reading(folder: Path) -> None:
    rate = 22050
    paths = write_track(folder, rate=rate, channels=1, stems=STEMS)
    protocol = load_protocol("slakh2100-msdm")

    def read() -> list[np.ndarray]:
        return [audio.read(AudioFile(path)).samples for path in paths]

    signals = read()
    references, estimates = np.stack(signals[:4]), np.stack(signals[4:])
    mixture = references.sum(axis=0)
    length = mixture.shape[1] // 262144 * 262144
    cut = edges([protocol], length=length, rate=rate)

    def score() -> None:
        found = cells.measure(
            references[..., :length], estimates[..., :length], mixture[..., :length], cut
        )
        score_track(protocol, TrackStatistics(found, cut, STEMS, (), rate, {}))

    reading, scoring = best(read), best(score)
    print(f"reading   8 mono WAV files of {SECONDS} s     {reading:.3f} s")
    ratio = scoring / reading
    print(f"scoring   SI-SDRi of the same            {scoring:.3f} s  ratio {ratio:.2f}")


def memory(
    folder: Path, *, rate: int, channels: int, protocol: str, stems: tuple[str, ...]
) -> None:
    write_track(folder, rate=rate, channels=channels, stems=stems)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "import sepeval.runner.job, scipy.linalg, pandas, pyarrow.parquet, soundfile, joblib\n"
        "import sepeval.report, sepeval.metrics.bsseval, scipy.fft\n"
        "peak = lambda: int(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
        "before = peak()\n"
        "from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol\n"
        f"root = Path({str(folder)!r}); stems = {stems!r}\n"
        "data = DATASETS.get('folder')(root=root / 'reference', references='{track}/{stem}.wav',"
        " mixture=None, stems=stems)\n"
        "files = SEPARATORS.get('files')(root=root / 'estimate', pattern='{track}/{stem}.wav')\n"
        f"run = evaluate(data.index('all'), files, [load_protocol({protocol!r})],"
        " root=root / 'runs', label='x')\n"
        "assert not run.manifest.tracks[0].trouble, run.manifest.tracks[0].trouble\n"
        "after = peak()\n"
        "print((after - before) * 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    size = (2 * len(stems) + 1) * channels * SECONDS * rate * 4
    peak = int(done.stdout)
    print(
        f"memory    {protocol:18} {channels} x {rate} Hz  {peak / 2**20:6.0f} MiB above imports, "
        f"{peak / size:.2f} x float32 audio ({size / 2**20:.0f} MiB)"
    )


def main() -> None:
    start_up()
    with tempfile.TemporaryDirectory() as name:
        scoring_against_reading(Path(name) / "a")
        memory(Path(name) / "b", rate=22050, channels=1, protocol="slakh2100-msdm", stems=STEMS)
        stems = ("vocals", "drums", "bass", "other")
        memory(Path(name) / "c", rate=44100, channels=2, protocol="musdb18-sisec18", stems=stems)


if __name__ == "__main__":
    main()
