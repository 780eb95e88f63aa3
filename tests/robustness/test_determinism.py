"""The same inputs give the same bytes, wherever, whenever and by however many they are made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sepeval.protocol import Protocol
from sepeval.synthetic import write_slakh2100_22050
from tests.robustness.figures import REDUCED, count
from tests.robustness.test_kills import contents
from tests.robustness.warm import Request, evaluated, protocols

pytestmark = pytest.mark.robustness
# places whose commas, letters and clocks differ; every process seeds the hashes of its own
PLACES = (
    {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
    {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1"},
    {"LC_ALL": "de_DE.UTF-8", "TZ": "America/St_Johns", "PYTHONHASHSEED": "2"},
)
WORKERS = (1, 2, 4)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "slakh"
    write_slakh2100_22050(root, tracks=5, seconds=5.0, seed=11)
    return root


@pytest.fixture(scope="module")
def expected(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("expected")
    evaluated(data, Request(str(root), workers=1))
    return contents(root)


def assert_same(root: Path, expected: dict[str, bytes]) -> None:
    found = contents(root)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []
    count("bytes compared between workers, orders and places", sum(map(len, found.values())))


@pytest.mark.parametrize(
    ("workers", "place"), list(zip(WORKERS, PLACES, strict=True))[1 if REDUCED else 0 :]
)
def test_workers_and_places_change_no_byte(
    data: Path, expected: dict[str, bytes], tmp_path: Path, workers: int, place: dict[str, str]
) -> None:
    paths = [_written(protocol, tmp_path) for protocol in protocols()]
    command = [sys.executable, "-m", "sepeval", "run", "-d", "slakh2100_22050", "--data", str(data)]
    command += ["-c", "edition=orig", "--split", "test", "-s", "ideal_ratio_mask", "--partial"]
    command += ["--label", "irm", "--workers", str(workers), "-o", str(tmp_path / "runs")]
    command += [word for path in paths for word in ("-p", str(path))]
    environment = {name: text for name, text in os.environ.items() if name[:3] != "LC_"}

    done = subprocess.run(
        command, env={**environment, **place}, cwd=tmp_path, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr.decode()
    assert_same(tmp_path / "runs", expected)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("workers", WORKERS)
def test_the_order_of_tracks_changes_no_byte(
    data: Path, expected: dict[str, bytes], tmp_path: Path, workers: int
) -> None:
    evaluated(data, Request(str(tmp_path), workers=workers, reversed=True))

    assert_same(tmp_path, expected)


def test_another_time_and_folder_change_no_byte(
    data: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    for folder in data.rglob("*"):
        if folder.is_file():
            os.utime(folder, (1_000_000_000, 1_000_000_000))
    moved = tmp_path / "elsewhere" / "data"
    moved.symlink_to(data, target_is_directory=True)

    evaluated(moved, Request(str(tmp_path / "runs"), workers=1))

    assert_same(tmp_path / "runs", expected)


def _written(protocol: Protocol, folder: Path) -> Path:
    """Return a protocol as the YAML file that a user gives."""
    path = folder / f"{protocol.name}.yaml"
    path.write_text(protocol.model_dump_json(), encoding="utf-8")
    return path
