"""Documents from outside, looked at before they are read: size, kind of file, depth.

A file that claims to be a small document can be a device that never ends, or nested so deeply that
a parser in C runs out of stack and takes the process with it. Here such a file is an error like any
other.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import yaml

from sepeval.errors import SepevalError

LARGEST = 4 << 20  # bytes of metadata; those of Slakh2100 and MoisesDB have some 20 000
_DEPTH = 100  # lists and mappings inside each other
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path, *, error: type[SepevalError], largest: int = LARGEST) -> str:
    """Return the text of a file in UTF-8.

    Args:
        path: of the file.
        error: what is raised.
        largest: size in bytes of what is read at all.

    Raises:
        SepevalError: of the kind `error`; the file is missing, no regular file, too large or no
            text in UTF-8.
    """
    return _decoded(path, read_bytes(path, error=error, largest=largest), error)


def read_bytes(path: Path, *, error: type[SepevalError], largest: int = LARGEST) -> bytes:
    """Return the bytes of a file; see `read_text`."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            raise error(f"{path}: is no file")
        if about.st_size > largest:
            message = f"{path}: has {about.st_size} bytes; a document of this kind has at most "
            raise error(message + str(largest))
        return path.read_bytes()
    except OSError as found:
        raise error(f"{path}: cannot be read: {found.strerror}") from found


def read_json(path: Path, *, error: type[SepevalError]) -> object:
    """Return the JSON document in a file as plain values.

    Raises:
        SepevalError: of the kind `error`; see `read_text`, or it is no JSON.
    """
    text = read_text(path, error=error)
    try:
        found: object = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as problem:
        raise error(f"{path}: is no valid JSON: {problem}; copy it again") from problem
    return found


def read_yaml(path: Path, *, error: type[SepevalError]) -> object:
    """Return the YAML document in a file as plain values.

    Aliases are refused: a few lines of them stand for more than memory holds. A protocol is read
    more strictly, by `sepeval.protocol`.

    Raises:
        SepevalError: of the kind `error`; see `read_text`, or it is no YAML, is nested too deeply,
            holds aliases or asks for objects.
    """
    text = read_text(path, error=error)
    try:
        _refuse_bomb(path, text, error)
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        reason = " ".join(str(problem).split())
        raise error(f"{path}: is no valid YAML: {reason}; copy it again") from problem


def _refuse_bomb(path: Path, text: str, error: type[SepevalError]) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise error(f"{path}: is nested more than {_DEPTH} deep; copy it again")
        if isinstance(event, yaml.AliasEvent):
            raise error(f"{path}: holds an alias (*{event.anchor}); spell it out")


def _decoded(path: Path, content: bytes, error: type[SepevalError]) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise error(f"{path}: is not UTF-8 text") from problem
