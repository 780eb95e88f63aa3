"""Whole files or none: written under another name, synced, renamed."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from sepeval.errors import StoreError


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file under a temporary name, and give it its own name afterwards.

    Args:
        path: where the file shall be; missing folders are made.
        write: gets the temporary path, which has the same ending.

    Raises:
        StoreError: there is no space, no permission, or the folder cannot be made.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        way_out = {
            errno.ENOSPC: "free some space, or choose another folder, and run the command again",
            errno.EACCES: "choose a folder that may be written to",
            errno.EROFS: "choose a folder that may be written to",
        }.get(error.errno or 0, "choose another folder for the results")
        raise StoreError(f"{path}: cannot be written: {reason}; {way_out}") from error


def write_text(path: Path, text: str) -> None:
    """Write a whole text file as UTF-8, its line ends as they are.

    Raises:
        StoreError: see `write_whole`.
    """
    write_whole(path, lambda temporary: _put(temporary, text))


def _put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
