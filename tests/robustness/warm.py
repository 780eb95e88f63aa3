"""A process that has imported everything and waits: each evaluation is a fork of it.

    python -m tests.robustness.warm DATA LOG
    python -m tests.robustness.warm once DATA ROOT

The first reads a request per line and answers each with a line, both JSON. An evaluation with two
workers forks these too, in place of starting them anew; everything else is what `sepeval run` does.
To be killed means SIGKILL for all its processes at once. The second evaluates once, by itself.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from unittest.mock import patch

if TYPE_CHECKING:
    from sepeval.protocol import Protocol

TAPS = 16  # of BSS Eval's filters: 512 take most of the time and prove no more


@dataclass(frozen=True)
class Request:
    """One evaluation.

    Attributes:
        root: folder of runs.
        kill_s: after how many seconds it is killed; below zero: it is not.
        workers: processes.
        reversed: whether the last track is worked on first.
    """

    root: str
    kill_s: float = -1.0
    workers: int = 2
    reversed: bool = False


@dataclass(frozen=True)
class Answer:
    """How an evaluation ended: its exit code or None if it was killed, its seconds, its error."""

    code: int | None
    seconds: float
    error: str


class Warm:
    """The process, seen from the tests."""

    def __init__(self, data: Path, log: Path) -> None:
        self.data = data
        command = [sys.executable, "-m", "tests.robustness.warm", str(data), str(log)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self, request: Request) -> Answer:
        """Evaluate, and wait for the end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(vars(request)) + "\n")
        self._process.stdin.flush()
        return Answer(**json.loads(self._process.stdout.readline()))


def _serve(data: Path, log: Path) -> None:
    evaluated(data, Request(str(log.parent / "first"), workers=1))  # whatever is loaded on the way
    for line in sys.stdin:
        request = Request(**json.loads(line))
        begin = time.monotonic()
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            sys.stdin.close()
            errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(errors, 1)
            os.dup2(errors, 2)
            os._exit(_code(data, request))
        code = _ended(child, request.kill_s)
        answer = Answer(
            code, time.monotonic() - begin, "" if code in (0, None) else log.read_text()
        )
        sys.stdout.write(json.dumps(vars(answer)) + "\n")
        sys.stdout.flush()


def _code(data: Path, request: Request) -> int:
    """Evaluate, and return an exit code as the command line does."""
    from sepeval.errors import SepevalError

    try:
        evaluated(data, request)
    except SepevalError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        return 2
    return 0


def _ended(child: int, kill_s: float) -> int | None:
    """Return the exit code of a child; None if it was killed before its end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    if kill_s >= 0:
        signal.sigtimedwait([signal.SIGCHLD], kill_s)
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.setpgid(child, child)  # where it has not come to do so itself
            os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while signal.sigtimedwait([signal.SIGCHLD], 0):
        pass
    code = os.waitstatus_to_exitcode(status)
    return None if code == -signal.SIGKILL else code


def protocols() -> list[Protocol]:
    """Return two protocols that hear the audio in two ways; one measures it with filters."""
    from sepeval.protocol import Protocol, load

    framewise = load("bsseval-v3").model_dump(mode="json")
    for entry in framewise["metrics"][1:]:
        entry["parameters"]["taps"] = TAPS
    short = Protocol.model_validate({**framewise, "name": "short-filters"})
    return [load("nussl-si-sdr"), short]


def evaluated(
    data: Path, request: Request, told: Callable[[str], None] = lambda _note: None
) -> None:
    """Evaluate in this process; `told` hears the notes."""
    from sepeval import DATASETS, SEPARATORS, evaluate
    from sepeval.runner import workers
    from sepeval.runner.job import Job, process
    from sepeval.store import TrackRecord

    def forked(jobs: Sequence[Job], count: int) -> Iterator[TrackRecord]:
        ordered = list(reversed(jobs)) if request.reversed else list(jobs)
        if count == 1:
            yield from map(process, ordered)
            return
        with multiprocessing.get_context("fork").Pool(count) as pool:
            yield from pool.imap_unordered(process, ordered)

    dataset = DATASETS.get("slakh2100_22050")(root=data, edition="orig")  # type: ignore[call-arg]
    with patch.object(workers, "_of_this_machine", forked):
        evaluate(
            dataset.index("test"),
            SEPARATORS.get("ideal_ratio_mask")(),
            protocols(),
            root=Path(request.root),
            label="irm",
            workers=request.workers,
            allow_partial=True,
            told=lambda progress: told(progress.note) if progress.note else None,
        )


if __name__ == "__main__":
    if sys.argv[1] == "once":
        sys.exit(_code(Path(sys.argv[2]), Request(sys.argv[3], workers=1)))
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
