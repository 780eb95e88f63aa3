"""The processes that work on tracks: of this machine, or of a cluster that is there already."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from threading import Thread

from sepeval.errors import SepevalError
from sepeval.runner import cluster
from sepeval.runner.job import Job, left, process
from sepeval.runner.memory import Plan, fitting_workers
from sepeval.separators.base import Described, Plain
from sepeval.separators.network import place
from sepeval.store import TrackRecord
from sepeval.types import Backend

_WATCH_S = 0.5  # between two looks of a worker whether its parent is there


@dataclass(frozen=True)
class Progress:
    """What is told before the first track where there is a note, and after each track.

    Attributes:
        label: of the run.
        done: tracks finished.
        total: tracks of the run.
        track: id of the track that has just finished; empty before the first.
        error: why it has no scores; empty if it has.
        note: what is done otherwise than asked; empty after a track.
    """

    label: str
    done: int
    total: int
    track: str
    error: str
    note: str = ""


def work(
    jobs: Sequence[Job],
    *,
    workers: int,
    backend: Backend = "loky",
    scheduler: str = "",
    told: Callable[[Progress], None] | None = None,
) -> list[TrackRecord]:
    """Return the records of all tracks, in the order in which they finish.

    Args:
        jobs: one per track, of one run.
        workers: processes of this machine, at most; fewer where their memory would not suffice.
        backend: `loky`: this machine; else a cluster, all of whose workers work.
        scheduler: address of the cluster.
        told: called in this process before and after tracks; see `Progress`.

    Raises:
        SepevalError: a worker was ended from outside; tracks that were finished are kept.
        DataError: a worker does not see the files that this process sees.
        DependencyError: the cluster cannot be reached, or a worker has other packages.
    """
    label = jobs[0].run.manifest.label
    needs = [
        Plan(job.track, job.separator, job.keep_estimates, job.means).predicted_bytes(left(job))
        for job in jobs
    ]
    if backend == "loky":
        fit = fitting_workers(needs, workers=min(workers, len(jobs)))
        if fit.note and told is not None:
            told(Progress(label, 0, len(jobs), "", "", fit.note))
        finished = _of_this_machine(jobs, fit.workers)
    else:
        finished = cluster.finished(jobs, backend, scheduler, needed=max(needs))
    done: list[TrackRecord] = []
    lost: tuple[type[Exception], ...] = (BrokenExecutor, *cluster.losses(backend))
    try:
        for record in finished:
            done.append(record)
            if told is not None:
                told(Progress(label, len(done), len(jobs), record.id, record.trouble))
    except lost as error:
        message = (
            f"{label}: a worker was ended from outside (killed, or out of memory) after "
            f"{len(done)} of {len(jobs)} tracks; what was finished is kept: give the same command "
            "again, with fewer --workers where memory is short"
        )
        raise SepevalError(message) from error
    return done


def place_on(backend: Backend, separator: Described) -> Mapping[str, Plain]:
    """Return where and how a separator runs its network; of a cluster's device only the name.

    Raises:
        SeparatorError: nothing has the device's name.
        DependencyError: the device is not there, on this machine.
    """
    if backend == "loky":
        return place(separator)
    device = cluster.device_of(separator)
    return {"backend": backend, **({"device": device} if device else {})}


def _of_this_machine(jobs: Sequence[Job], workers: int) -> Iterator[TrackRecord]:
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1 if workers > 1 else None):
        with _interrupts_held() if workers > 1 else nullcontext():
            finished = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)(
                delayed(_processed)(job, os.getpid()) for job in jobs
            )
        yield from finished


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C from what is started meanwhile; in this process it waits until the end.

    The workers start here. An interrupt is for this process, which ends them. The trackers of
    resources come first: when one starts, it lets interrupts through again.
    """
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as of_loky

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()
    of_loky.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _processed(job: Job, parent: int) -> TrackRecord:
    """Do a job in a worker, which ends with the process that started it."""
    if os.getpid() != parent:
        _end_with(parent)
    return process(job)


@cache
def _end_with(parent: int) -> None:
    """Let this process end when its parent is gone, so that no orphan holds memory or writes."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_S)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
