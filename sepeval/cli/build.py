"""From words on the command line to plug-ins."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import ValidationError

from sepeval.errors import SepevalError, UnknownNameError
from sepeval.registry import nearest

if TYPE_CHECKING:
    from sepeval.datasets.base import Dataset
    from sepeval.metrics.base import Shelf
    from sepeval.protocol import Protocol
    from sepeval.separators.base import Described
    from sepeval.store import Run
    from sepeval.types import Backend, EngineName, Index

T = TypeVar("T")
_INNER = "inner."  # begins the settings of a wrapped separator


def settings(pairs: Iterable[str], *, option: str) -> dict[str, str]:
    """Return `key=value` texts as a mapping.

    Raises:
        SepevalError: a text has no `=`, or a key comes twice.

    Example:
        >>> settings(["grouping=program"], option="--choice")
        {'grouping': 'program'}
    """
    found: dict[str, str] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise SepevalError(f"{option} takes key=value; found {pair!r}")
        if key in found:
            raise SepevalError(f"{option}: {key!r} is given twice")
        found[key] = value
    return found


def dataset(name: str, root: Path, choices: Mapping[str, str]) -> Dataset:
    """Return the dataset adapter of that name.

    Raises:
        UnknownNameError: there is none.
        SepevalError: a choice is missing, unknown or wrong.
    """
    from sepeval.datasets.base import DATASETS

    values: dict[str, Any] = {"root": root, **_values(DATASETS.get(name), choices)}
    return built(DATASETS.get(name), values, what=f"dataset {name!r}", option="--choice")


def separator(name: str, given: Mapping[str, str], stems: Sequence[str]) -> Described:
    """Return the separator of that name; `module:callable` is one too.

    From then on modules are looked for in the working folder first, as `python -m` does.

    Args:
        name: registered name, or `module:callable`.
        given: settings as texts; those of a wrapped separator begin with `inner.`.
        stems: what the protocols score; a separator that must be told its stems gets these.

    Raises:
        UnknownNameError: there is none.
        SepevalError: a setting is missing, unknown or wrong.
    """
    from sepeval.separators.base import SEPARATORS

    if ":" in name:
        given = {"target": name, **given}
        name = "callable"
    if name == "callable" and sys.path[:1] != [str(Path.cwd())]:
        sys.path.insert(0, str(Path.cwd()))
    kind = SEPARATORS.get(name)
    wrapped: dict[str, Any] = {}
    if "inner" in _fields(kind) and "inner" in given:
        inner = {key.removeprefix(_INNER): given[key] for key in given if key.startswith(_INNER)}
        wrapped["inner"] = separator(given["inner"], inner, stems)
        given = {key: given[key] for key in given if key.partition(".")[0] != "inner"}
    values = {**_values(kind, given), **wrapped}
    if "stems" in _fields(kind) and "stems" not in values:
        values["stems"] = tuple(stems)
    return built(kind, values, what=f"separator {name!r}", option="--setting")


def protocols(names: Sequence[str]) -> tuple[Protocol, ...]:
    """Return the protocols of names and paths; a name may hold several, separated by commas.

    `all` stands for every released protocol.

    Raises:
        UnknownNameError: one is not known.
        ProtocolError: a document has problems.
    """
    from sepeval.protocol import load, released

    words = [word for name in names for word in name.split(",") if word]
    if "all" in words:
        words = [*(word for word in words if word != "all"), *released()]
    found: dict[str, Protocol] = {}
    for protocol in map(load, dict.fromkeys(words)):
        if found.setdefault(protocol.id, protocol).hash != protocol.hash:
            message = f"two protocols are called {protocol.id}; give one of them another name"
            raise SepevalError(message)
    return tuple(found.values())


def fitting(chosen: Sequence[Protocol], names: Sequence[str], index: Index) -> tuple[Protocol, ...]:
    """Return the protocols for a split: those chosen, or of `all` those that fit it.

    Raises:
        ProtocolError: of all released protocols none fits.
    """
    from sepeval.errors import ProtocolError
    from sepeval.scoring import misfit

    kept = [protocol.for_stems(index.stems) for protocol in chosen]
    if "all" in [word for name in names for word in name.split(",")]:
        kept = [protocol for protocol in kept if not misfit(protocol, index)]
        if not kept:
            raise ProtocolError(f"no released protocol fits {index.dataset}/{index.split}")
    return tuple(kept)


def engine(name: str) -> EngineName:
    """Return the name of an engine.

    Raises:
        UnknownNameError: there is no engine of that name.
    """
    from sepeval.types import EngineName

    known: dict[str, EngineName] = {one: one for one in get_args(EngineName)}
    if name not in known:
        raise UnknownNameError(f"no engine is named {name!r}; {nearest(name, known)}")
    return known[name]


def backend(name: str) -> Backend:
    """Return the name of a backend.

    Raises:
        UnknownNameError: there is no backend of that name.
    """
    from sepeval.types import Backend

    known: dict[str, Backend] = {one: one for one in get_args(Backend)}
    if name not in known:
        raise UnknownNameError(f"no backend is named {name!r}; {nearest(name, known)}")
    return known[name]


def shelf(gigabytes: float) -> Shelf | None:
    """Return the user's cache of references, of at most that size; None for no bytes."""
    from sepeval.reference_cache import GIGABYTE, ReferenceCache

    return ReferenceCache(int(gigabytes * GIGABYTE)) if gigabytes else None


def servable(
    chosen: Sequence[Protocol], names: Sequence[str], runs: Sequence[Run]
) -> tuple[Protocol, ...]:
    """Return the protocols for stored runs: those chosen, or of `all` those that all runs serve.

    Raises:
        StoreError: of all released protocols the runs serve none.
    """
    from sepeval.errors import StoreError
    from sepeval.runner import dataset_stems, is_served

    if "all" not in [word for name in names for word in name.split(",")]:
        return tuple(chosen)
    kept = [
        one
        for one in chosen
        if all(is_served(run, one.for_stems(dataset_stems(run))) for run in runs)
    ]
    if not kept:
        raise StoreError("the stored statistics serve no released protocol; run it on the audio")
    return tuple(kept)


def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _values(kind: type, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what the texts stand for in the fields of a dataclass."""
    hints = get_type_hints(kind)
    return {key: _value(hints.get(key), text) for key, text in given.items()}


def _value(hint: object, text: str) -> object:
    """Return a text as it is, or the tuple, literal or None that it stands for."""
    known = _literals(hint)
    if text in known:
        return known[text]
    if any(get_origin(arm) is tuple for arm in _arms(hint)):
        return tuple(text.split(","))
    return text


def _literals(hint: object) -> dict[str, object]:
    """Return the values that a type lists, by how they are written; None is written `none`."""
    arms = _arms(hint)
    named = {
        str(value): value for arm in arms if get_origin(arm) is Literal for value in get_args(arm)
    }
    return {**named, "none": None} if NoneType in arms else named


def _arms(hint: object) -> tuple[object, ...]:
    """Return the types of a union, or the one type."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def built(kind: type[T], values: dict[str, Any], *, what: str, option: str) -> T:
    """Return an instance of a validated dataclass from texts.

    Raises:
        SepevalError: a field is missing, unknown or wrong; the message lists all of them.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        lines = [_problem(one, kind, option) for one in error.errors()]
        raise SepevalError(f"{what}: {'; '.join(lines)}") from error


def _problem(error: Mapping[str, Any], kind: type, option: str) -> str:
    name = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] in ("missing", "missing_argument"):
        return f"needs {name!r}: add {option} {name}=...{_allowed(get_type_hints(kind).get(name))}"
    if error["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = [field for field in _fields(kind) if field != "root"]
        return f"has no {name!r}; {nearest(name, known)}"
    return f"{name}: {error['msg']}; found {error['input']!r}"


def _allowed(hint: object) -> str:
    """Return the end of a message that lists the values of a field, such as ` (orig or redux)`."""
    listed = " or ".join(_literals(hint))
    is_open = any(arm is not NoneType and get_origin(arm) is not Literal for arm in _arms(hint))
    if not listed:
        return ""
    return f" (or {listed})" if is_open else f" ({listed})"
