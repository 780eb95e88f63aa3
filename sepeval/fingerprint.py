"""What a file holds, as SHA-256, without reading an unchanged file twice.

Digests are kept in a small database under the user's cache folder, by path, size and time of
last change. A cache that cannot be written is done without: it saves time and decides nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sepeval.errors import DataError

_BLOCK = 1 << 20  # bytes read at a time


def cache_folder() -> Path:
    """Return the folder for files that may be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sepeval"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises:
        DataError: the file cannot be read.
    """
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                hashed.update(block)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    return hashed.hexdigest()


def digests(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the SHA-256 of every file, from the cache where the file has not changed.

    Raises:
        DataError: a file cannot be read.
    """
    wanted = sorted(set(paths))
    try:
        with closing(_open_cache()) as cache:
            return {path: _cached(cache, path) for path in wanted}
    except (sqlite3.Error, OSError):  # of the cache: a file that cannot be read is a DataError
        return {path: digest(path) for path in wanted}


def of_document(document: object) -> str:
    """Return the SHA-256 of a document of plain values; the order of keys does not matter.

    Example:
        >>> of_document({"a": 1, "b": [1.5]}) == of_document({"b": [1.5], "a": 1})
        True
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _open_cache() -> sqlite3.Connection:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    cache = sqlite3.connect(folder / "digests.sqlite", timeout=30.0, isolation_level=None)
    cache.execute(
        "CREATE TABLE IF NOT EXISTS digest "
        "(path TEXT, size INTEGER, changed INTEGER, sha256 TEXT, PRIMARY KEY (path))"
    )
    return cache


def _cached(cache: sqlite3.Connection, path: Path) -> str:
    try:
        facts = path.stat()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    key = (str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    row = cache.execute(
        "SELECT sha256 FROM digest WHERE path = ? AND size = ? AND changed = ?", key
    ).fetchone()
    if row is not None:
        return str(row[0])
    found = digest(path)
    cache.execute("INSERT OR REPLACE INTO digest VALUES (?, ?, ?, ?)", (*key, found))
    return found
