"""Tracks on the workers of real clusters on this machine: the same bytes, and nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from sepeval.errors import DataError, SepevalError
from sepeval.runner import Progress
from sepeval.runner import cluster as clusters
from sepeval.runner.memory import Plan
from sepeval.types import Index
from tests.runner.four_tracks import KILL, index, made, mortal, scores

__all__ = ["index", "mortal"]  # fixtures

dask = pytest.mark.skipif(not find_spec("distributed"), reason="pip install 'sepeval[dask]'")
ray = pytest.mark.skipif(not find_spec("ray"), reason="pip install 'sepeval[ray]'")
START_S = 60.0  # until a cluster is up, on a busy machine


@contextmanager
def started(*words: str, kill: str = "") -> Iterator[None]:
    """Run a module as a command until the end of the block, with all that it starts."""
    environment = {**os.environ, KILL: kill, "OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", *words],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            yield
        finally:
            for sign in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, sign)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)


@contextmanager
def of_dask(folder: Path, *, threads: int = 1, kill: str = "") -> Iterator[str]:
    """Yield the address of a scheduler with two workers, which nobody starts again."""
    from distributed import Client

    folder.mkdir(exist_ok=True)
    note = folder / "scheduler.json"
    local = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(note))
    with ExitStack() as stack:
        stack.enter_context(started("distributed.cli.dask_scheduler", *local, "--port", "0"))
        for number in range(2):
            words = ("--no-nanny", "--nthreads", str(threads), "--memory-limit", "2GB")
            place = ("--local-directory", str(folder / f"worker{number}"))
            worker = ("distributed.cli.dask_worker", *local, *words, *place)
            stack.enter_context(started(*worker, kill=kill))
        wait_for(note.exists)
        address = str(json.loads(note.read_text())["address"])
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=START_S)
        yield address


@contextmanager
def of_ray(*, kill: str = "") -> Iterator[str]:
    """Yield the address of a Ray node with two processors."""
    import ray

    port = "63791"
    words = ("--num-cpus=2", "--include-dashboard=false", "--object-store-memory=100000000")
    start = ("ray.scripts.scripts", "start", "--head", "--block", f"--port={port}")
    with started(*start, *words, kill=kill):

        def is_up() -> bool:
            try:
                ray.init(f"127.0.0.1:{port}", log_to_driver=False, logging_level="error")
            except ConnectionError:
                return False
            ray.shutdown()
            return True

        wait_for(is_up)
        yield f"127.0.0.1:{port}"


def wait_for(is_up: object) -> None:
    end = time.monotonic() + START_S
    while not is_up():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.1)


@dask
@pytest.mark.slow
def test_two_workers_of_dask_give_the_bytes_of_one_process(index: Index, tmp_path: Path) -> None:
    alone = made(index, tmp_path / "alone")
    told: list[Progress] = []

    with of_dask(tmp_path) as address:
        run = made(index, tmp_path / "dask", backend="dask", scheduler=address, told=told.append)

    assert scores(run) == scores(alone)
    assert not [track.trouble for track in run.manifest.tracks if track.trouble]
    assert sorted(one.track for one in told) == [track.id for track in index.tracks]


@dask
@pytest.mark.slow
def test_a_worker_of_dask_that_is_killed_loses_nothing(
    index: Index, tmp_path: Path, mortal: str
) -> None:
    alone = made(index, tmp_path / "alone", mortal)

    with of_dask(tmp_path, kill="once") as address:
        run = made(index, Path("dask"), mortal, backend="dask", scheduler=address)

    assert len(list(tmp_path.glob("call-*"))) == 5  # four tracks, one of them twice
    assert scores(run) == scores(alone)
    assert run.manifest.status == "complete"


@dask
@pytest.mark.slow
def test_a_cluster_without_workers_is_given_up_and_what_was_finished_kept(
    index: Index, tmp_path: Path, mortal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "REACH_S", 5.0)

    with (
        of_dask(tmp_path, kill="always") as address,
        pytest.raises(SepevalError, match=r"after \d of 4 tracks; what was finished is kept"),
    ):
        made(index, Path("dask"), mortal, backend="dask", scheduler=address)
    (folder,) = Path("dask").iterdir()
    kept = list((folder / "cells").rglob("*.parquet"))
    run = made(index, Path("dask"), mortal)

    assert len(kept) == 1
    assert run.folder == folder
    assert run.manifest.status == "complete"


@dask
@pytest.mark.slow
def test_workers_of_dask_that_do_not_fit_are_refused(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        of_dask(tmp_path / "a", threads=2) as address,
        pytest.raises(SepevalError, match=r"has 2 threads; .*--nthreads 1"),
    ):
        made(index, tmp_path / "dask", backend="dask", scheduler=address)
    with of_dask(tmp_path / "b") as address:
        with monkeypatch.context() as patch:
            patch.setattr(clusters, "device_of", lambda _: "cuda")
            with pytest.raises(SepevalError, match=r"2 workers on .* share cuda"):
                made(index, tmp_path / "dask", backend="dask", scheduler=address)
        monkeypatch.setattr(Plan, "predicted_bytes", lambda *_: 3_000_000_000)
        with pytest.raises(SepevalError, match=r"may take 2.0 GB of memory, and a track needs"):
            made(index, tmp_path / "dask", backend="dask", scheduler=address)


@ray
@pytest.mark.slow
def test_ray_gives_the_bytes_of_one_process_though_a_worker_is_killed(
    index: Index, tmp_path: Path, mortal: str
) -> None:
    alone = made(index, tmp_path / "alone", mortal)
    told: list[Progress] = []

    with of_ray(kill="once") as address:
        chosen = {"backend": "ray", "scheduler": address, "told": told.append}
        run = made(index, Path("ray"), mortal, **chosen)
        sizes = {"sizes": {str(index.tracks[0].stems["bass"][0].path): 1}}
        with pytest.MonkeyPatch.context() as patch:
            sent = clusters.sent
            patch.setattr(clusters, "sent", lambda job: sent(job)._replace(**sizes))
            with pytest.raises(DataError, match=r"^worker on .*bass.wav is not there, or not what"):
                made(index, Path("blind"), mortal, backend="ray", scheduler=address)

    assert len(list(tmp_path.glob("call-*"))) == 5
    assert scores(run) == scores(alone)
    assert sorted(one.track for one in told) == [track.id for track in index.tracks]


@pytest.mark.slow
def test_a_process_of_this_machine_that_is_killed_ends_the_run_and_loses_nothing(
    index: Index, tmp_path: Path, mortal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(KILL, "always")
        with pytest.raises(SepevalError, match=r"ended from outside .* fewer --workers"):
            made(index, Path("runs"), mortal, workers=2)
    (folder,) = Path("runs").iterdir()
    kept = list((folder / "cells").rglob("*.parquet"))
    run = made(index, Path("runs"), mortal)

    assert len(kept) <= 1
    assert run.folder == folder
    assert scores(run) == scores(made(index, tmp_path / "alone", mortal))
