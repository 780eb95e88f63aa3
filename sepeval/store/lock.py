"""One writer per run: a lock that the kernel lets go of when its process dies.

    runs/<run>/lock     who writes: host, pid, since when; gone when the writer is done

The lock is `flock` on that file, so that a crash leaves a file and no lock. Where the file system
has no `flock`, the file itself is the lock: it is taken over from a process of this host that has
ended, and otherwise stays until it is deleted. Readers need no lock: every file is whole.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from sepeval.errors import StoreError
from sepeval.store.files import explained

if sys.platform != "win32":
    import fcntl

NAME = "lock"
_WITHOUT = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_HELD: set[int] = set()  # handles of this process


class Holder(BaseModel):
    """Who writes into a run.

    Attributes:
        host: name of the machine.
        pid: of the process.
        since: date and time, UTC.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    host: str
    pid: int
    since: str


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a run's folder, which is made if it is not there.

    Raises:
        StoreError: another process holds it, or the folder cannot be written to.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _taken(path)
    except OSError as error:
        raise explained(error, path) from error
    _HELD.add(handle)
    try:
        yield
    finally:
        _HELD.discard(handle)
        _let_go(handle, path)


def _taken(path: Path) -> int:
    """Return the handle of the lock's file, held by this process."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _hold(handle, path)
            if not _is_at(handle, path):  # its last holder has removed it meanwhile
                os.close(handle)
                continue
            _sign(handle)
        except (OSError, StoreError):
            os.close(handle)
            raise
        return handle


def _hold(handle: int, path: Path) -> None:
    """Take the lock, or refuse."""
    has_flock = sys.platform != "win32"
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _refuse_held(handle, path, "wait until it is done, or end it")
        except OSError as error:
            if error.errno not in _WITHOUT:
                raise
            has_flock = False
    if not has_flock:
        holder = _holder(handle)
        if holder is not None and not _has_ended(holder):
            _refuse_held(handle, path, f"wait until it is done; if it is gone, delete {path}")


def _refuse_held(handle: int, path: Path, way_out: str) -> None:
    holder = _holder(handle)
    who = f"process {holder.pid} on {holder.host} since {holder.since}" if holder else "a process"
    raise StoreError(f"{path.parent}: {who} writes into this run; {way_out}")


def _let_go(handle: int, path: Path) -> None:
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(handle)
        path.unlink(missing_ok=True)
    else:  # removed first, so that nobody comes to hold a file without a name
        path.unlink(missing_ok=True)
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)


def _sign(handle: int) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    holder = Holder(host=socket.gethostname(), pid=os.getpid(), since=now)
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, holder.model_dump_json().encode() + b"\n")


def _holder(handle: int) -> Holder | None:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        return Holder.model_validate_json(os.read(handle, 4096))
    except ValidationError:  # not yet signed
        return None


def _has_ended(holder: Holder) -> bool:
    """Return whether a process of this host is gone; of another host that is not known."""
    if sys.platform == "win32" or holder.host != socket.gethostname():
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _forget() -> None:
    """Close, in a process that was forked, what only its parent holds."""
    while _HELD:
        os.close(_HELD.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
