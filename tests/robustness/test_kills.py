"""A run that is killed, at any moment, is continued to the bytes of one that never was."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sepeval.errors import StoreError
from sepeval.runner import verify
from sepeval.store import open_run
from sepeval.store.lock import locked
from sepeval.synthetic import write_slakh2100_22050
from tests.robustness.figures import REDUCED, count
from tests.robustness.warm import Request, Warm, evaluated

pytestmark = [
    pytest.mark.robustness,
    pytest.mark.skipif(sys.platform == "win32", reason="kills whole groups of processes"),
]
KILLS = 8 if REDUCED else 50
KILLS_OF_A_RUN = 2  # the second while it is being continued


@dataclass(frozen=True)
class Whole:
    """A run that was never interrupted, and how long it takes."""

    data: Path
    parts: dict[str, bytes]
    seconds: float


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    data = tmp_path_factory.mktemp("data") / "slakh"
    write_slakh2100_22050(data, tracks=8, seconds=5.0, seed=3)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(data.parent / "cache"))
        with Warm(data, data.parent / "log") as process:
            yield process


@pytest.fixture(scope="module")
def whole(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    root = tmp_path_factory.mktemp("whole")
    answer = warm.run(Request(str(root)))
    assert answer.code == 0, answer.error
    assert not any(track.trouble for track in open_run(run_in(root)).manifest.tracks)
    return Whole(warm.data, contents(root), answer.seconds)


def run_in(root: Path) -> Path:
    (manifest,) = root.glob("*/manifest.json")
    return manifest.parent


def begun(warm: Warm, whole: Whole, folder: Path) -> Path:
    """A folder with a run that was killed after it had begun, whatever the machine's speed."""
    for step in range(1, 40):
        root = folder / str(step)
        answer = warm.run(Request(str(root), kill_s=step / 20 * whole.seconds))
        if answer.code is None and list(root.glob("*/manifest.json")):
            return root
    pytest.fail("no run was killed between its beginning and its end")


def contents(root: Path) -> dict[str, bytes]:
    """All parts of the run below a folder but its timings, which tell the time."""
    folder = run_in(root)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.parquet"))
        if path.parent.name != "timings"
    }


def assert_whole(root: Path, whole: Whole) -> None:
    """It holds the bytes of the run that was never interrupted, and nothing else."""
    found, folder = contents(root), run_in(root)
    assert found.keys() == whole.parts.keys()
    for name, expected in whole.parts.items():
        assert found[name] == expected, name
    assert verify(folder, quick=True).faults == ()
    assert not list(folder.rglob(".part-*"))
    assert not (folder / "lock").exists()
    count("bytes compared after kills and full disks", sum(map(len, found.values())))


def test_a_killed_run_is_continued_to_the_same_bytes(
    warm: Warm, whole: Whole, tmp_path: Path
) -> None:
    draw = np.random.default_rng(50)
    survived = 0
    for episode in range(10 * KILLS):
        root = tmp_path / str(episode)
        moments = [draw.uniform(0.0, whole.seconds) for _ in range(KILLS_OF_A_RUN)]
        answers = [warm.run(Request(str(root), kill_s=moment)) for moment in moments]
        last = warm.run(Request(str(root)))

        assert last.code == 0, last.error
        assert_whole(root, whole)
        shutil.rmtree(root)
        survived += sum(answer.code is None for answer in answers)
        if survived >= KILLS:
            break
    count("kills survived (SIGKILL of all processes)", survived)
    assert survived >= KILLS


@pytest.mark.parametrize("number", range(1, 56, 30 if REDUCED else 5))
def test_a_full_disk_ends_the_run_with_a_way_out_and_loses_nothing(
    whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    writes = 0
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        nonlocal writes
        writes += 1
        if writes >= number:
            write(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"No space left on device; free some space"):
        evaluated(whole.data, Request(str(tmp_path), workers=1))
    kept = [path for path in tmp_path.rglob("*.parquet") if not path.name.startswith(".")]
    monkeypatch.undo()

    evaluated(whole.data, Request(str(tmp_path), workers=1))

    assert len(kept) <= number
    assert_whole(tmp_path, whole)
    count("full disks survived")


def test_a_small_file_system_that_fills_up_loses_nothing(whole: Whole, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    once = f"{sys.executable} -m tests.robustness.warm once {whole.data} {small}"
    script = (
        f"mount -t tmpfs -o size=200k none {small} && "
        f"{{ {once} 2>{tmp_path}/said; code=$?; cp -r {small} {tmp_path}/kept; exit $code; }}"
    )
    alone = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    try:
        subprocess.run([*alone, f"mount -t tmpfs none {small}"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small file system can be mounted here: {error}")

    done = subprocess.run([*alone, script], check=False)

    assert done.returncode == 2
    assert "No space left on device; free some space" in (tmp_path / "said").read_text()
    evaluated(whole.data, Request(str(tmp_path / "kept"), workers=1))
    assert_whole(tmp_path / "kept", whole)
    count("full disks survived")


@pytest.mark.parametrize("damage", ["flip", "cut", "zeros"])
def test_damaged_parts_are_made_again_to_the_same_bytes(
    whole: Whole, tmp_path: Path, damage: str
) -> None:
    spoil: dict[str, Callable[[bytearray, np.random.Generator], bytes]] = {
        "flip": _flipped,
        "cut": lambda data, draw: bytes(data[: draw.integers(len(data))]),
        "zeros": lambda data, draw: bytes(_zeroed(data, draw)),
    }
    draw = np.random.default_rng(list(damage.encode()))
    evaluated(whole.data, Request(str(tmp_path), workers=1))
    for number in range(2 if REDUCED else 6):
        folder = run_in(tmp_path)
        every = sorted(folder.rglob("*.parquet"))
        victim = every[draw.integers(len(every))]
        victim.write_bytes(spoil[damage](bytearray(victim.read_bytes()), draw))
        if number % 2:  # a run that never was complete has no digests in its manifest
            run = open_run(folder)
            run.save(run.manifest.model_copy(update={"status": "started", "parts": {}}))
        told: list[str] = []

        evaluated(whole.data, Request(str(tmp_path), workers=1), told=told.append)

        assert [str(victim) in note for note in told] == [True]
        assert_whole(tmp_path, whole)
        count("damaged parts named and made again")


def _flipped(data: bytearray, draw: np.random.Generator) -> bytes:
    data[draw.integers(len(data))] ^= 1 << int(draw.integers(8))
    return bytes(data)


def _zeroed(data: bytearray, draw: np.random.Generator) -> bytearray:
    start = draw.integers(len(data) - 64)
    data[start : start + 64] = bytes(64)
    return data


def test_a_second_writer_is_refused_and_a_dead_one_is_not_waited_for(
    warm: Warm, whole: Whole, tmp_path: Path
) -> None:
    root = begun(warm, whole, tmp_path)
    folder = run_in(root)
    with locked(folder):
        answer = warm.run(Request(str(root)))

        assert answer.code == 2
        assert f"process {os.getpid()} on " in answer.error
    (folder / "lock").write_text('{"host": "a", "pid": 1, "since": "then"}')  # left by a crash

    assert warm.run(Request(str(root))).code == 0
    assert_whole(root, whole)
    count("second writers refused")
