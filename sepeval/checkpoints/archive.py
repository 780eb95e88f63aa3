"""What lies around the pickle of a torch checkpoint: looked at before anything is believed.

    <root>/data.pkl        the pickle: names, shapes, containers
    <root>/data/<number>   the numbers of one storage, as they are in memory
    <root>/byteorder       `little`

Every record of this zip file is stored as it is, so that it can be mapped; each has a CRC-32.
Before version 1.6 torch wrote five pickles one after the other, then the numbers, and no check
sums: weights of 2019 and 2020 are such files.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sepeval.checkpoints.disassembly import disassembled
from sepeval.errors import SeparatorError

_PICKLE = 64 << 20  # bytes; the largest published pickle has 2 MB
_BLOCK = 1 << 20  # bytes read at a time
_LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # how files older than torch 1.6 begin
_LEGACY_PICKLES = 5  # magic number, version, platform, the document, the order of the storages
_OF_ZIP = (  # what `zipfile` raises at damaged files, beside OSError
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class Sound(NamedTuple):
    """What a file holds that is sound from outside.

    Attributes:
        names: of the classes and functions that its pickle names, sorted.
        stored: bytes of tensors, at most.
        is_mapped: whether its numbers can stay in the file.
    """

    names: tuple[str, ...]
    stored: int
    is_mapped: bool


def examined(path: Path) -> Sound:
    """Return what a torch checkpoint names and holds; its pickle is read and not obeyed.

    Raises:
        SeparatorError: the file is no torch checkpoint, or is damaged, cut short or compressed.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_LEGACY))
            if start == _LEGACY:
                file.seek(0)
                return _legacy(path, BytesIO(file.read(_PICKLE)))  # reads no more than there is
        _refuse_other(path, start)
        with zipfile.ZipFile(path) as archive:
            pickle = _checked(path, archive)
            stored = sum(one.file_size for one in archive.infolist() if "/data/" in one.filename)
    except OSError as error:
        raise SeparatorError(f"{path}: cannot be read: {error.strerror or error}") from error
    except _OF_ZIP as error:
        message = f"{path}: is cut short or damaged: {error}; copy or download it again"
        raise SeparatorError(message) from error
    return Sound(tuple(sorted(disassembled(path, pickle).names)), stored, is_mapped=True)


def _legacy(path: Path, file: BinaryIO) -> Sound:
    """Look at the pickles of a file older than torch 1.6."""
    size = path.stat().st_size
    names: set[str] = set()
    for number in range(_LEGACY_PICKLES):
        found = disassembled(path, file)
        names |= found.names
        if number == 3 and found.largest > size:
            message = f"{path}: a tensor claims {found.largest} numbers; the file has {size} bytes"
            raise SeparatorError(message)
    return Sound(tuple(sorted(names)), size - file.tell(), is_mapped=False)


def _refuse_other(path: Path, start: bytes) -> None:
    """Name what the first bytes are, where they are not those of a zip file."""
    if not start:
        raise SeparatorError(f"{path}: is empty")
    if start.startswith(b"PK\x03\x04"):
        return
    if start.startswith(b"\x80"):
        message = f"{path}: is a bare pickle; a pickle can run any code, so it is refused"
        raise SeparatorError(message)
    message = (
        f"{path}: begins with {start[:4]!r}; neither safetensors nor a torch checkpoint "
        "(.safetensors, .ckpt, .pt, .pth, .th)"
    )
    raise SeparatorError(message)


def _checked(path: Path, archive: zipfile.ZipFile) -> bytes:
    """Return the pickle, after every record has been read once and agrees with its CRC-32."""
    records = archive.infolist()
    names = Counter(record.filename for record in records)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise SeparatorError(f"{path}: holds two records named {twice[0]!r}")
    packed = [one.filename for one in records if one.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise SeparatorError(f"{path}: {packed[0]!r} is compressed; torch stores records as is")
    claimed, size = sum(record.file_size for record in records), path.stat().st_size
    if claimed > size:
        message = f"{path}: its records claim {claimed} bytes; the file holds {size}"
        raise SeparatorError(message)
    pickle = _only_pickle(path, records)
    for record in records:
        with archive.open(record) as stream:
            while stream.read(_BLOCK):
                continue
    order = f"{pickle.filename.rpartition('/')[0]}/byteorder"
    if order in names and archive.read(order) != b"little":
        raise SeparatorError(f"{path}: its numbers are big-endian, which is not read")
    return archive.read(pickle)


def _only_pickle(path: Path, records: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Return the record of the pickle."""
    roots = {record.filename.partition("/")[0] for record in records}
    below = {record.filename.partition("/")[2]: record for record in records}
    if "constants.pkl" in below:
        message = f"{path}: is a TorchScript file, which holds code; see the separator `exported`"
        raise SeparatorError(message)
    found = below.get("data.pkl")
    if found is None or len(roots) != 1:
        raise SeparatorError(f"{path}: is a zip file, but no torch checkpoint: no data.pkl in it")
    if found.file_size > _PICKLE:
        message = (
            f"{path}: its pickle has {found.file_size} bytes, more than {_PICKLE}; "
            "checkpoints keep their numbers beside the pickle"
        )
        raise SeparatorError(message)
    return found
