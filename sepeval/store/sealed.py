"""Files that carry their own SHA-256, so that any flipped bit is found.

In a Parquet file the digest stands in the footer, after a mark that nothing else there can hold:
facts are JSON, which writes no line end inside a text. It is taken of the whole file with zeros in
its own place, and checked before anything else is believed, so that no reader meets a damaged
footer. In a JSON document it is the last entry, taken of the text before it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sepeval.errors import DamagedError, StoreError

SCHEMA = 2  # of Parquet files; 1 had no digest of the whole file, and is still read
MARK = b"\nsepeval-sha256:"
BLANK = MARK + b"0" * 64
_FOOTER = 1 << 20  # bytes in which the facts of a file of schema 1 are looked for
_ENTRY = ',\n "sha256": "'  # before the digest of a JSON document
_AGAIN = "the command that made it makes it again"


def seal(data: bytes) -> bytes:
    """Return the bytes of a file with their digest in the place of the zeros after the mark.

    Raises:
        ValueError: the file holds no mark.
    """
    start = data.rindex(BLANK) + len(MARK)
    return data[:start] + _digests(data, start)[0] + data[start + 64 :]


def refuse_damaged(data: bytes, path: Path, *, named: str = "") -> None:
    """Refuse the bytes of a file that are not as they were written.

    Args:
        data: all bytes of the file.
        path: of the file.
        named: the SHA-256 of the file that its run was finished with; empty if none is known.

    Raises:
        DamagedError: they are not, or they are those of another file than the one named.
        StoreError: they are of a schema that is not known.
    """
    if not (data.startswith(b"PAR1") and data.endswith(b"PAR1")):
        raise DamagedError(
            f"{path}: is damaged: truncated, or no Parquet file ({len(data)} bytes); {_AGAIN}"
        )
    start = data.rfind(MARK) + len(MARK)
    if start < len(MARK):
        schema = _schema_told(data[-_FOOTER:])
        if schema == 1:
            refuse_unnamed(hashlib.sha256(data if named else b"").hexdigest(), path, named)
            return
        refuse_other_schema(schema, path)
        raise DamagedError(f"{path}: is damaged: its digest is not there; {_AGAIN}")
    (found, whole), expected = _digests(data, start), data[start : start + 64]
    if found != expected:
        message = (
            f"{path}: is damaged: the SHA-256 of its bytes is {found[:8].decode()}..., and was "
            f"{expected[:8].decode('ascii', 'replace')}... when it was written; {_AGAIN}"
        )
        raise DamagedError(message)
    refuse_unnamed(whole, path, named)


def refuse_unnamed(found: str, path: Path, named: str) -> None:
    """Refuse a file whose SHA-256 is not the one that its run names, if it names one.

    Raises:
        DamagedError: it is not.
    """
    if named and found != named:
        message = (
            f"{path}: is not the file that the run was finished with: its SHA-256 is "
            f"{found[:8]}..., expected {named[:8]}...; {_AGAIN}"
        )
        raise DamagedError(message)


def seal_text(text: str) -> str:
    """Return a JSON object, as pydantic indents it by one, with the digest of its text."""
    body = text.removesuffix("\n}")
    return f'{body}{_ENTRY}{hashlib.sha256(body.encode()).hexdigest()}"\n}}\n'


def unsealed(text: str, name: str) -> str:
    """Return a JSON object without the digest of its text; one that has none comes as it is.

    Raises:
        DamagedError: the text is not as it was written.
    """
    body, mark, rest = text.rpartition(_ENTRY)
    if not mark:
        return text
    found = hashlib.sha256(body.encode()).hexdigest()
    if rest != f'{found}"\n}}\n':
        message = (
            f"{name}: is damaged: the SHA-256 of its text is {found[:8]}..., and was "
            f"{rest[:8]}... when it was written (if it was edited on purpose, remove the entry "
            '"sha256")'
        )
        raise DamagedError(message)
    return body + "\n}"


def refuse_other_schema(schema: int, path: Path, *, known: int = SCHEMA) -> None:
    """Refuse a file that a newer sepeval has written.

    Raises:
        StoreError: its schema is above the known one, or none.
    """
    if not 1 <= schema <= known:
        message = (
            f"{path}: was written with schema {schema}; this sepeval reads schemas 1 to {known}; "
            "read it with the sepeval that wrote it"
        )
        raise StoreError(message)


def _digests(data: bytes, start: int) -> tuple[bytes, str]:
    """Return the digest that a file is sealed with, and that of its bytes as they are.

    The bytes before the seal, nearly all there are, are hashed once.
    """
    view = memoryview(data)
    sealed = hashlib.sha256(view[:start])
    whole = sealed.copy()
    sealed.update(b"0" * 64)
    sealed.update(view[start + 64 :])
    whole.update(view[start:])
    return sealed.hexdigest().encode("ascii"), whole.hexdigest()


def _schema_told(data: bytes) -> int:
    """Return the schema in the facts of a footer that is not parsed; the present one without facts.

    The first timings told no schema; they are of the first.
    """
    facts = re.search(rb"sepeval.{1,8}?(\{.*)", data, re.DOTALL)
    if facts is None:
        return SCHEMA
    told = re.search(rb'"schema": (\d{1,9})', facts[1])
    return int(told[1]) if told else 1
