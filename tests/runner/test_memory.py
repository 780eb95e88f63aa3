"""Memory is predicted for all workers together, and fewer work where it would not suffice."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.cli.console import progress
from sepeval.runner import Progress, memory
from sepeval.runner.memory import Fit, Plan, fitting_workers
from sepeval.types import Index
from tests.runner.four_tracks import index, made, scores

__all__ = ["index"]  # a fixture
GB = 1_000_000_000


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 10 * GB)


@pytest.mark.usefixtures("free")
def test_workers_that_fit_are_as_many_as_asked_for() -> None:
    assert fitting_workers([2 * GB] * 9, workers=5) == Fit(5, "")
    assert fitting_workers([2 * GB], workers=5) == Fit(5, "")


@pytest.mark.usefixtures("free")
def test_fewer_work_where_the_largest_tracks_would_not_fit_together() -> None:
    found = fitting_workers([GB, GB, 6 * GB, 5 * GB, 3 * GB], workers=3)

    assert found.workers == 1
    assert found.note == "3 workers need about 14.0 GB of memory, and 10.0 GB are free: 1 works"
    assert fitting_workers([3 * GB] * 8, workers=8).workers == 3


@pytest.mark.usefixtures("free")
def test_one_works_in_any_case() -> None:
    assert fitting_workers([90 * GB], workers=1) == Fit(1, "")
    assert fitting_workers([90 * GB] * 2, workers=2).workers == 1


def test_what_a_group_of_processes_may_take_is_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = {"limit": str(8 * GB), "used": str(5 * GB), "memory.stat": f"inactive_file {2 * GB}"}
    for name, text in {**group, "meminfo": "MemTotal: 9\nMemAvailable: 7000000 kB"}.items():
        (tmp_path / name).write_text(f"{text}\n", encoding="ascii")
    paths = (str(tmp_path / "limit"), str(tmp_path / "used"))
    monkeypatch.setattr(memory, "_GROUPS", (paths, ("/nowhere", "/nowhere")))
    monkeypatch.setattr(memory, "_MEMINFO", str(tmp_path / "meminfo"))

    assert memory.free_bytes() == 5 * GB
    (tmp_path / "limit").write_text("max\n", encoding="ascii")
    assert memory.free_bytes() == min(7_168_000_000, memory.machine_bytes())


def test_a_run_tells_that_fewer_work_and_gives_the_same_bytes(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 10 * GB)
    alone = made(index, tmp_path / "alone")
    told: list[Progress] = []

    with monkeypatch.context() as patch:
        patch.setattr(Plan, "predicted_bytes", lambda *_: 7 * GB)
        run = made(index, tmp_path / "runs", workers=2, told=told.append)

    note = "2 workers need about 14.0 GB of memory, and 10.0 GB are free: 1 works"
    assert [one.note for one in told] == [note, "", "", "", ""]
    assert (told[0].done, told[0].total, told[0].track) == (0, 4, "")
    assert scores(run) == scores(alone)


def test_the_note_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("run") as tell:
        tell(Progress("mine", 0, 4, "", "", "1 works"))

    assert capsys.readouterr().err == "mine: 1 works\n"
