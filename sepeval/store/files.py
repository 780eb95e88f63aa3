"""Whole files or none: written under another name, synced, renamed."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from sepeval.errors import StoreError

UNFINISHED = ".part-"  # how the name of a file begins that is not whole yet
_IN_THE_WAY = {
    errno.EISDIR: "a folder stands in its place; remove that folder and run the command again",
    errno.ENOTDIR: "a file stands in the place of its folder; remove it and run the command again",
    errno.EEXIST: "a file stands in the place of its folder; remove it and run the command again",
}
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP)  # of file systems that cannot sync a folder


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file under a temporary name, and give it its own name afterwards.

    File and folder are synced, so that a name never stands for less than the whole file, not even
    after a loss of power. What a killed process leaves behind begins with `UNFINISHED`.

    Args:
        path: where the file shall be; missing folders are made.
        write: gets the temporary path, which has the same ending.

    Raises:
        StoreError: there is no space, no permission, or the folder cannot be made.
    """
    temporary = None
    try:
        _make(path.parent)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED, suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        _sync(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
        temporary = None
        _sync(path.parent)
    except OSError as error:
        raise explained(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_whole_folder(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a folder under a temporary name, and give it its own name afterwards.

    A folder of that name is replaced.

    Raises:
        StoreError: there is no space, no permission, or the folder cannot be made.
    """
    temporary = old = None
    try:
        _make(path.parent)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=UNFINISHED))
        write(temporary)
        for one in (*sorted(temporary.iterdir()), temporary):
            _sync(one)
        temporary.chmod(0o755)
        if path.exists():
            path.rename(old := temporary.with_name(f"{temporary.name}-old"))
        temporary.rename(path)
        _sync(path.parent)
        if old is not None:
            shutil.rmtree(old)
    except OSError as error:
        raise explained(error, path) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a whole text file as UTF-8, its line ends as they are.

    Raises:
        StoreError: see `write_whole`.
    """
    write_whole(path, lambda temporary: _put(temporary, text))


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes have left below a folder; nobody else may write there.

    Raises:
        StoreError: it cannot be removed.
    """
    try:
        for path in sorted(folder.rglob(f"{UNFINISHED}*")):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise explained(error, folder) from error


def explained(error: OSError, path: Path) -> StoreError:
    """Return what a user is told when a file cannot be written."""
    reason = error.strerror or str(error)
    if error.errno in _IN_THE_WAY:
        return StoreError(f"{path}: cannot be written: {_IN_THE_WAY[error.errno]}")
    way_out = {
        errno.ENOSPC: "free some space, or choose another folder, and run the command again",
        errno.EDQUOT: "free some space, or choose another folder, and run the command again",
        errno.EACCES: "choose a folder that may be written to",
        errno.EROFS: "choose a folder that may be written to",
    }.get(error.errno or 0, "choose another folder for the results")
    return StoreError(f"{path}: cannot be written: {reason}; {way_out}")


def unreadable(error: OSError, path: Path) -> StoreError:
    """Return what a user is told when a file of a run cannot be read."""
    reason = _IN_THE_WAY.get(error.errno or 0)
    return StoreError(f"{path}: cannot be read: {reason or error.strerror or error}")


def _make(folder: Path) -> None:
    """Make a folder and those above it, each with its name on disk."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    """Have the kernel write a file, or the names in a folder, to disk."""
    if os.name == "nt" and path.is_dir():
        return  # folders cannot be opened there
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(handle)


def _put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
