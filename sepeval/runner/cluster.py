"""Workers of a Dask or Ray cluster.

A cluster is started by its own tools; here it is reached by its address, and held against what a
run needs: one track at a time per worker, one device per worker for networks, and on every node
the same files at the same paths and the same versions of the packages.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from sepeval.errors import DependencyError, SepevalError
from sepeval.runner.away import Away, process_away, sent
from sepeval.runner.job import Job
from sepeval.separators.base import Described
from sepeval.store import TrackRecord
from sepeval.types import Backend

REACH_S = 20.0  # until a cluster that does not answer is given up
_RETRIES = 3  # of a track whose worker was lost, as Dask does
_MODULES = {"dask": "distributed", "ray": "ray"}


def refuse_absent(backend: Backend, scheduler: str) -> None:
    """Refuse a cluster that cannot be reached, before anything is made.

    Raises:
        DependencyError: the package is not installed, or nothing answers at the address.
        SepevalError: no address was given, or one where none is needed.
    """
    if backend == "loky":
        if scheduler:
            message = f"scheduler {scheduler!r} is of a cluster: add --backend dask or ray"
            raise SepevalError(message)
        return
    _module(backend)
    if not scheduler:
        raise SepevalError(f"--backend {backend} needs the address of its cluster: --scheduler")
    with _reached(backend, scheduler):
        pass


def finished(
    jobs: Sequence[Job], backend: Backend, scheduler: str, *, needed: int
) -> Iterator[TrackRecord]:
    """Yield the records of tracks as the cluster finishes them.

    Args:
        jobs: one per track.
        backend: `dask` or `ray`.
        scheduler: address of the cluster.
        needed: memory of the largest track, in bytes, as far as it is predicted.

    Raises:
        DependencyError: nothing answers at the address, or a worker has other packages.
        DataError: a worker does not see the files that this process sees.
        SepevalError: the workers share a device, have several threads or too little memory.
    """
    away = [sent(job) for job in jobs]
    with _reached(backend, scheduler) as client:
        if backend == "dask":
            _refuse_unfit(client, jobs[0].separator, needed)
            yield from _of_dask(client, away)
        else:
            yield from _of_ray(client, away, device_of(jobs[0].separator))


def _of_dask(client: Any, away: Sequence[Away]) -> Iterator[TrackRecord]:  # noqa: ANN401
    from joblib import Parallel, delayed, parallel_config

    with _watched(client), parallel_config(backend="dask", client=client):
        yield from Parallel(
            n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch="all"
        )(delayed(process_away)(one) for one in away)


def _of_ray(ray: Any, away: Sequence[Away], device: str) -> Iterator[TrackRecord]:  # noqa: ANN401
    """Yield records from tasks: joblib's backend for Ray neither streams nor redoes lost ones."""
    what = "GPU" if device.startswith("cuda") else "CPU"  # of GPUs, Ray shows a worker but one
    if not ray.cluster_resources().get(what):
        raise SepevalError(f"the Ray cluster has no {what} to work on")
    resources = {"num_gpus": 1} if what == "GPU" else {"num_cpus": 1}
    task = ray.remote(max_retries=_RETRIES, **resources)(process_away)
    waiting = [task.remote(one) for one in away]
    while waiting:
        done, waiting = ray.wait(waiting)
        try:
            yield from ray.get(done)
        except SepevalError as error:  # as the worker raised it, without the worker's traceback
            raise getattr(error, "cause", error) from None


def losses(backend: Backend) -> tuple[type[Exception], ...]:
    """Return what is raised where a worker was lost for good."""
    if backend == "dask":
        comm, client = import_module("distributed.comm"), import_module("distributed.client")
        return (_module(backend).KilledWorker, comm.CommClosedError, client.FutureCancelledError)
    if backend == "ray":
        errors = import_module("ray.exceptions")
        return (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError)
    return ()


def device_of(separator: Described) -> str:
    """Return the device of a network, or of the one inside a separator; else an empty text."""
    inner = getattr(separator, "inner", None)
    named = str(getattr(separator, "device", ""))
    return named or (device_of(inner) if isinstance(inner, Described) else "")


def _module(backend: Backend) -> ModuleType:
    try:
        return import_module(_MODULES[backend])
    except ImportError as error:
        message = f"--backend {backend} needs a package: pip install 'sepeval[{backend}]'"
        raise DependencyError(message) from error


@contextmanager
def _reached(backend: Backend, scheduler: str) -> Iterator[Any]:
    """Yield the client of a cluster, and leave the cluster as it was."""
    found = _module(backend)
    reach = _dask if backend == "dask" else _ray
    try:
        client = reach(found, scheduler)
    except (OSError, ValueError, RuntimeError) as error:  # TimeoutError is an OSError
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        message = (
            f"no {backend} cluster answers at {scheduler!r} ({first}); is it running, and can this "
            "machine reach it?"
        )
        raise DependencyError(message) from error
    try:
        yield client
    finally:
        client.close() if backend == "dask" else client.shutdown()


def _dask(distributed: ModuleType, scheduler: str) -> Any:  # noqa: ANN401 - an untyped package
    client = distributed.Client(scheduler, timeout=REACH_S, set_as_default=False)
    try:
        client.wait_for_workers(1, timeout=REACH_S)
    except TimeoutError as error:
        client.close()
        message = f"the scheduler has no worker: dask worker {scheduler} --nthreads 1"
        raise TimeoutError(message) from error
    return client


def _ray(ray: ModuleType, scheduler: str) -> Any:  # noqa: ANN401 - an untyped package
    ray.init(address=scheduler, log_to_driver=False, logging_level="error")
    return ray


@contextmanager
def _watched(client: Any) -> Iterator[None]:  # noqa: ANN401 - an untyped package
    """Give a Dask cluster up that has had no worker for a while: its tasks would wait for ever."""
    done = threading.Event()

    def watch() -> None:
        seen = time.monotonic()
        while not done.wait(1.0):
            try:
                if client.nthreads():
                    seen = time.monotonic()
            except (OSError, RuntimeError):  # the scheduler is gone too, which the client tells
                return
            if time.monotonic() - seen > REACH_S:
                client.close()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


class _Facts(NamedTuple):
    """What a Dask worker says of itself: machine, devices, threads, and bytes it may take."""

    host: str
    visible: str
    threads: int
    memory: int


def _facts(dask_worker: Any) -> _Facts:  # noqa: ANN401 - an untyped package
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    memory = dask_worker.memory_manager.memory_limit or sys.maxsize
    return _Facts(socket.gethostname(), visible, dask_worker.state.nthreads, memory)


def _refuse_unfit(client: Any, separator: Described, needed: int) -> None:  # noqa: ANN401
    """Refuse Dask workers that would work on two tracks at once, or run out of memory.

    A worker that is lost while it is asked is no error: its tracks are made by the others.
    """
    workers: dict[str, _Facts] = {}
    for address, answer in client.run(_facts, on_error="return").items():
        if isinstance(answer, ImportError):
            message = f"a worker has no sepeval ({answer}); install the same version on every node"
            raise DependencyError(message) from answer
        if isinstance(answer, OSError):  # also what Dask raises for a connection that is closed
            continue
        if isinstance(answer, Exception):
            raise answer
        workers[address] = answer
    for address, facts in workers.items():
        if facts.threads != 1:
            message = (
                f"worker {address} has {facts.threads} threads; a worker takes one track at a "
                "time: start it with --nthreads 1, and one for each processor or device"
            )
            raise SepevalError(message)
        if needed > facts.memory:
            message = (
                f"worker {address} may take {facts.memory / 1e9:.1f} GB of memory, and a track "
                f"needs about {needed / 1e9:.1f} GB; start fewer workers with a higher "
                "--memory-limit"
            )
            raise SepevalError(message)
    device = device_of(separator)
    places = Counter((facts.host, facts.visible) for facts in workers.values())
    for (host, visible), count in places.items():
        if count > 1 and device not in ("", "cpu"):
            message = (
                f"{count} workers on {host} share {device} (CUDA_VISIBLE_DEVICES "
                f"{visible or 'not set'}); start one per device, each with its own"
            )
            raise SepevalError(message)
