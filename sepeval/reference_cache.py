"""What is made of a track's references, kept on disk for the next estimates of the track.

An entry is one file, named by the SHA-256 of all that decides it: every sample of the references,
the windows, the parameters, the versions of the libraries. It is sealed with that name. Entries
are written whole under another name and then renamed, so several processes may share a folder; one
that is damaged, or stands under the name of another, is made again. The least recently used entries
are removed where the folder grows beyond its limit. What cannot be written is done without: the
cache saves time and decides nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from sepeval.fingerprint import cache_folder, of_document
from sepeval.metrics.base import Packed, Shelf

_SCHEMA = 1
_ENDING = ".side"
_BLOCK = 1 << 22  # bytes hashed at a time by one thread
_ALIGNED = 64  # bytes; arrays begin at multiples
GIGABYTE: Final = 10**9


@dataclass(frozen=True)
class ReferenceCache(Shelf):
    """A folder of reference sides, bounded in size.

    Attributes:
        limit: bytes that all entries may take. One of four stereo stems takes about 90 MB and
            0.26 MB per second of audio in windows of a second. A set that is larger than the
            limit and read in order finds nothing.
        folder: where the entries are.
        threads: how many hash at the same time.
    """

    limit: int
    folder: Path = field(default_factory=lambda: cache_folder() / "references")
    threads: int = 2

    def kept(
        self,
        content: Sequence[NDArray[Any]],
        facts: Mapping[str, JsonValue],
        make: Callable[[], Packed],
    ) -> Packed:
        """See `Shelf.kept`."""
        path = self.folder / (self._name(content, facts) + _ENDING)
        found = _read(path)
        if found is None:
            found = make()
            self._write(path, found)
        return found

    def size(self) -> int:
        """Return the bytes that all entries take."""
        return sum(entry.size for entry in _entries(self.folder))

    def _name(self, content: Sequence[NDArray[Any]], facts: Mapping[str, JsonValue]) -> str:
        blocks = [block for array in content for block in _blocks(array)]
        with ThreadPoolExecutor(self.threads) as pool:
            digests = list(pool.map(lambda block: hashlib.sha256(block).hexdigest(), blocks))
        shapes = [[str(array.dtype), list(array.shape)] for array in content]
        versions = {name: version(name) for name in ("numpy", "scipy")}
        return of_document([_SCHEMA, dict(facts), versions, shapes, digests])

    def _write(self, path: Path, packed: Packed) -> None:
        size = sum(array.nbytes for array in packed.values())
        if size > self.limit:
            return
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".part-", suffix=_ENDING)
            temporary = Path(name)
            with os.fdopen(handle, "wb") as file:
                for part in _parts(packed, path.stem):
                    file.write(part)
            temporary.replace(path)
        except OSError:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            return
        self._shrink(path)

    def _shrink(self, newest: Path) -> None:
        """Remove what was not used for longest, until the rest fits; never the newest."""
        entries = sorted(_entries(self.folder), key=lambda entry: entry.used)
        left = sum(entry.size for entry in entries)
        for entry in entries:
            if left <= self.limit:
                return
            if entry.path != newest:
                try:
                    entry.path.unlink(missing_ok=True)
                except OSError:
                    return  # another user's entry; the next writer tries again
                left -= entry.size


@dataclass(frozen=True)
class _Entry:
    path: Path
    size: int
    used: float


def _entries(folder: Path) -> Iterator[_Entry]:
    """Yield the entries, and files that an interrupted writer has left."""
    for path in folder.glob(f"*{_ENDING}"):
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue  # another process has removed it
        yield _Entry(path, facts.st_size, facts.st_mtime)


def _blocks(array: NDArray[Any]) -> Iterator[memoryview]:
    """Yield the bytes of an array in C order; a slice of rows is not copied as a whole."""
    rows = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    for row in rows:
        view = _bytes(np.ascontiguousarray(row))
        for first in range(0, len(view), _BLOCK):
            yield view[first : first + _BLOCK]


def _parts(packed: Packed, entry: str) -> Iterator[bytes | memoryview]:
    """Yield a header, its digest with the entry's name, and the arrays with padding between."""
    arrays = {name: np.ascontiguousarray(array) for name, array in packed.items()}
    described = [
        {"name": name, "type": array.dtype.str, "shape": list(array.shape), "sha256": _of(array)}
        for name, array in arrays.items()
    ]
    header = json.dumps(described).encode("ascii")
    header += b" " * (-(len(header) + 48) % _ALIGNED)
    yield len(header).to_bytes(16, "little")
    yield _seal(header, entry)
    yield header
    for array in arrays.values():
        yield _bytes(array)
        yield b"\0" * (-array.nbytes % _ALIGNED)


def _read(path: Path) -> Packed | None:
    """Return an entry and note its use; None where it is not there, damaged or another's."""
    try:
        data = np.fromfile(path, dtype=np.uint8)
        os.utime(path)
    except OSError:
        return None
    length = int.from_bytes(data[:16].tobytes(), "little")
    header = data[48 : 48 + length].tobytes()
    if len(data) < 48 or _seal(header, path.stem) != data[16:48].tobytes():
        return None
    found: dict[str, NDArray[Any]] = {}
    first = 48 + length
    for one in json.loads(header):
        kind, shape = np.dtype(one["type"]), tuple(one["shape"])
        size = kind.itemsize * int(np.prod(shape))
        raw = data[first : first + size]
        if len(raw) < size or hashlib.sha256(raw.data).hexdigest() != one["sha256"]:
            return None
        found[one["name"]] = raw.view(kind).reshape(shape)
        first += size + -size % _ALIGNED
    return found


def _seal(header: bytes, entry: str) -> bytes:
    return hashlib.sha256(entry.encode("ascii") + header).digest()


def _bytes(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).data.cast("B") if array.size else memoryview(b"")


def _of(array: NDArray[Any]) -> str:
    return hashlib.sha256(_bytes(array)).hexdigest()
