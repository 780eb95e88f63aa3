"""What is asked of a cluster and its workers before they work; see `test_real_clusters`."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sepeval import SEPARATORS
from sepeval.errors import DataError, DependencyError, SepevalError
from sepeval.metrics.base import Means
from sepeval.runner import cluster as clusters
from sepeval.runner.away import Away, process_away, sent
from sepeval.runner.job import Job
from sepeval.runner.workers import place_on
from sepeval.store import Run
from sepeval.types import Backend, Index
from tests.runner.four_tracks import index, made

__all__ = ["index"]  # a fixture


def test_a_cluster_that_does_not_answer_is_an_error_in_time(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="pip install 'sepeval[dask]'")
    monkeypatch.setattr(clusters, "REACH_S", 0.5)
    begin = time.monotonic()

    with pytest.raises(DependencyError, match=r"no dask cluster answers at 'tcp://127.0.0.1:9'"):
        made(index, tmp_path / "runs", backend="dask", scheduler="tcp://127.0.0.1:9")
    assert time.monotonic() - begin < 5.0
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_missing_package_names_the_extra(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("distributed", "ray"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(DependencyError, match=rf"pip install 'sepeval\[{backend}\]'"):
        clusters.refuse_absent(backend, "tcp://127.0.0.1:9")


def test_an_address_and_a_backend_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", sys)

    with pytest.raises(SepevalError, match="add --backend dask or ray"):
        clusters.refuse_absent("loky", "tcp://127.0.0.1:9")
    with pytest.raises(SepevalError, match="needs the address of its cluster: --scheduler"):
        clusters.refuse_absent("dask", "")


def test_a_device_of_a_cluster_need_not_be_on_this_machine() -> None:
    system = SEPARATORS.get("msdm")(checkpoint="none", device="cuda:7")  # type: ignore[call-arg]

    assert place_on("dask", system) == {"backend": "dask", "device": "cuda:7"}
    assert clusters.device_of(system) == "cuda:7"


@pytest.fixture
def away(index: Index, tmp_path: Path) -> Away:
    """What a worker is given for the first track."""
    run = made(index, tmp_path / "runs")
    job = Job(
        run=run,
        record=run.manifest.tracks[0],
        track=index.tracks[0],
        separator=SEPARATORS.get("mixture")(stems=("bass",)),  # type: ignore[call-arg]
        views=(),
        seed=0,
        replicates=1,
        keep_estimates=False,
        means=Means(1, "scipy", None),
    )
    return sent(job)


def test_a_worker_that_sees_all_works_and_stays_where_it_was(away: Away) -> None:
    here = Path.cwd()

    record = process_away(away._replace(folder=away.job.run.folder))

    assert record == away.job.record
    assert Path.cwd() == here


def test_a_worker_that_does_not_see_the_files_says_which(away: Away, tmp_path: Path) -> None:
    gone = replace(away.job, run=Run(tmp_path / "elsewhere", away.job.run.manifest))
    name = next(iter(away.sizes))
    shorter = {**away.sizes, name: 1}
    (tmp_path / "files").mkdir()
    files = SEPARATORS.get("files")(root=tmp_path / "files", pattern="{track}/{stem}.wav")  # type: ignore[call-arg]
    (tmp_path / "files").rmdir()
    without = replace(away.job, separator=files)

    for blind, what in (
        (away._replace(folder=tmp_path / "nowhere"), "nowhere"),
        (away._replace(job=gone), "elsewhere"),
        (away._replace(job=without), "files"),
        (away._replace(sizes=shorter), name),
    ):
        with pytest.raises(DataError, match=rf"{what} is not there.*same path on every node"):
            process_away(blind)


def test_a_worker_with_other_packages_does_not_work(away: Away) -> None:
    with pytest.raises(DependencyError, match="install the same versions on every node"):
        process_away(away._replace(versions={"sepeval": "0"}))


class Asked:
    """A client of a cluster, whose workers have answered."""

    def __init__(self, **answers: object) -> None:
        self._answers = answers

    def run(self, _: object, *, on_error: str) -> dict[str, object]:
        assert on_error == "return"
        return self._answers


def test_a_worker_that_is_lost_while_it_is_asked_leaves_the_others() -> None:
    system = SEPARATORS.get("mixture")(stems=("bass",))  # type: ignore[call-arg]
    fit = clusters._Facts("here", "", 1, 10**9)

    clusters._refuse_unfit(Asked(a=fit, b=ConnectionError("closed")), system, 10**6)
    with pytest.raises(DependencyError, match="a worker has no sepeval"):
        clusters._refuse_unfit(Asked(a=fit, b=ImportError("no module")), system, 10**6)
    with pytest.raises(SepevalError, match="a worker takes one track at a time"):
        clusters._refuse_unfit(Asked(a=fit._replace(threads=2), b=OSError()), system, 10**6)
    with pytest.raises(ValueError, match="what else"):
        clusters._refuse_unfit(Asked(a=fit, b=ValueError("what else")), system, 10**6)
