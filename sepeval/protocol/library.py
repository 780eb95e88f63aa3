"""Finding and loading protocols: the released ones by name, others by path."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from sepeval.errors import ProtocolError, UnknownNameError
from sepeval.protocol.model import Protocol
from sepeval.protocol.strict_yaml import LARGEST, parse
from sepeval.registry import nearest
from sepeval.texts import read_text

_PACKAGE = Path(__file__).parent.parent


def folder() -> Path:
    """Return the folder of released protocols: inside a wheel, or beside the package."""
    inside = _PACKAGE / "_protocols"
    return inside if inside.is_dir() else _PACKAGE.parent / "protocols"


def released() -> tuple[str, ...]:
    """Return the ids of all released protocols, such as `slakh2100-msdm.v1`, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.v*.yaml")))


def load(name: str | Path) -> Protocol:
    """Return a protocol.

    Args:
        name: the name of a released protocol (`slakh2100-msdm`: its latest version), its id
            (`slakh2100-msdm.v1`), or the path of a YAML file.

    Raises:
        UnknownNameError: no such protocol; the message offers the nearest names.
        ProtocolError: the document has problems; the message lists all of them.
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")) or "/" in text:
        protocol = read(Path(text))
        if protocol.id in checksums():
            _refuse_edited(protocol)
        return protocol
    ids = released()
    versions = [one for one in ids if one.rpartition(".v")[0] == text]
    if text not in ids and not versions:
        names = {one.rpartition(".v")[0] for one in ids}
        offer = nearest(text, names)
        stop = "" if offer.endswith("?") else "."
        message = (
            f"no protocol is named {text!r}; {offer}{stop} A file is named by its path, x.yaml"
        )
        raise UnknownNameError(message)
    found = text if text in ids else max(versions, key=lambda one: int(one.rpartition(".v")[2]))
    protocol = read(folder() / f"{found}.yaml")
    _refuse_edited(protocol)
    return protocol


def read(path: Path) -> Protocol:
    """Return the protocol in a file.

    Raises:
        ProtocolError: the file cannot be read, or the document has problems.
    """
    text = read_text(path, error=ProtocolError, largest=LARGEST)
    document = parse(text, name=str(path))
    try:
        return Protocol.model_validate(document)
    except ValidationError as error:
        raise ProtocolError(f"{path}: {_problems(error)}") from error


def checksums() -> dict[str, str]:
    """Return the hash of every released protocol by id."""
    text = (folder() / "checksums.txt").read_text(encoding="ascii")
    return {line.split()[1]: line.split()[0] for line in text.splitlines() if line.strip()}


def _refuse_edited(protocol: Protocol) -> None:
    released_hash = checksums().get(protocol.id)
    if released_hash != protocol.hash:
        message = (
            f"{protocol.id}: its hash is {protocol.hash[:8]}, released was "
            f"{(released_hash or 'none')[:8]}; a released protocol is never edited: copy it under "
            "a new name or version and give its path"
        )
        raise ProtocolError(message)


def _problems(error: ValidationError) -> str:
    """Return every problem of a document as one message."""
    lines = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"]) or "document"
        lines.append(f"{place}: {_problem(problem['type'], problem['msg'], problem['input'])}")
    if len(lines) == 1:
        return lines[0]
    return f"{len(lines)} problems\n" + "\n".join(f"  {line}" for line in lines)


def _problem(kind: str, message: str, found: object) -> str:
    if kind == "missing":
        return "is missing; a protocol has no defaults"
    if kind == "extra_forbidden":
        return "is no field of a protocol"
    shown = repr(found)
    return f"{message}; found {shown if len(shown) <= 60 else shown[:57] + '...'}"
