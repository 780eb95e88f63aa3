"""Ctrl-C and SIGTERM end a run at once, workers too, and say how to go on; SIGKILL ends it, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sepeval.store import open_run
from sepeval.synthetic import write_slakh2100_22050
from tests.robustness.figures import REDUCED, count

pytestmark = [
    pytest.mark.robustness,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"),
]
SLOW = """
import time
from pathlib import Path

def slow(mixture, rate, seed):
    with Path("begun").open("a") as file:
        file.write("x")
    if not Path("quick").exists() and len(Path("begun").read_text()) > 2:
        time.sleep(60)
    return dict.fromkeys(("bass", "drums", "guitar", "piano"), 0.25 * mixture)
"""


def alive(group: int) -> Iterator[str]:
    """Yield the processes of a group that still work."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = path.read_text().rpartition(") ")
        except OSError:  # it has just ended
            continue
        state, _, its_group = rest.split()[:3]
        if int(its_group) == group and state != "Z":
            yield path.with_name("cmdline").read_text().replace("\0", " ")


@pytest.mark.parametrize(
    ("number", "to_all"),
    [(signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGKILL, False)][
        : 1 if REDUCED else 3
    ],
)
def test_an_interrupt_stops_at_once_and_says_how_to_go_on(
    tmp_path: Path, number: int, to_all: bool
) -> None:
    write_slakh2100_22050(tmp_path / "data", tracks=4, seconds=2.0, seed=3)
    (tmp_path / "mine.py").write_text(SLOW)
    words = ["run", "-d", "slakh2100_22050", "--data", "data", "-c", "edition=orig", "--partial"]
    words += [
        "--split",
        "test",
        "-s",
        "mine:slow",
        "-S",
        "stems=bass,drums,guitar,piano",
        "--workers",
        "2",
    ]
    words += ["-p", "nussl-si-sdr", "-o", "runs", "--label", "two words"]
    command = [sys.executable, "-m", "sepeval", *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not _has(tmp_path / "begun", 4):
        time.sleep(0.05)
    time.sleep(0.5)
    begin = time.monotonic()
    (os.killpg if to_all else os.kill)(process.pid, number)
    _, said = process.communicate()

    assert time.monotonic() - begin < 10
    assert "Traceback" not in said
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert "2 of 4 tracks are finished and kept" in said
        assert "and the same command goes on: sepeval run -d slakh2100_22050" in said
        assert "--label 'two words'" in said
    time.sleep(2)  # what was killed takes its moment to go
    assert list(alive(process.pid)) == []
    (tmp_path / "quick").touch()
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "begun").read_text()) == 4 + 2  # the two that were broken off
    (folder,) = (tmp_path / "runs").iterdir()
    assert open_run(folder).manifest.status == "complete"
    count("interrupts obeyed")


def _has(path: Path, calls: int) -> bool:
    return path.exists() and len(path.read_text()) >= calls


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals of POSIX")
def test_workers_do_not_hear_interrupts_from_their_first_moment_on() -> None:
    held = """
import signal
from joblib import Parallel, delayed
from sepeval.runner.workers import _interrupts_held
with _interrupts_held():
    found = Parallel(n_jobs=2, return_as="generator")(
        delayed(signal.pthread_sigmask)(signal.SIG_BLOCK, ()) for _ in range(2)
    )
print(*found, signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""
    done = subprocess.run(
        [sys.executable, "-c", held], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == ["{<Signals.SIGINT:", "2>}"] * 2 + ["set()"]
