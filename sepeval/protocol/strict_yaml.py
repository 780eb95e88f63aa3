"""YAML with one meaning: no tags, aliases or repeated keys, and `1e-8` is a number."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from sepeval.errors import ProtocolError

# YAML 1.2's numbers. YAML 1.1, which PyYAML reads, takes 1e-8 for a string. It takes 010 for eight
# and YAML 1.2 takes it for ten, so here it is a text, which no field for a number accepts.
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_INT = re.compile(r"^[-+]?(0|[1-9][0-9]*)$")
_BOOL = re.compile(r"^(true|false)$")
_NULL = re.compile(r"^(null|~|)$")


LARGEST = 256 << 10  # bytes of a document; a released protocol has some 5000
_DEPTH = 40  # lists and mappings inside each other
_DIGITS = 300  # of an integer; no field takes one that a float64 cannot hold


class _Loader(yaml.SafeLoader):
    """Reads one document; collects repeated keys."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern in (("null", _NULL), ("bool", _BOOL), ("int", _INT), ("float", _FLOAT)):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, None)


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    if len(text) > _DIGITS:
        problem = f"an integer has at most {_DIGITS} digits; found {len(text)}"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    return int(text)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            problem = f"the key {key!r} is not a text"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        if key in seen:
            problem = f"the key {key!r} is given twice"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def parse(text: str, *, name: str) -> object:
    """Return the document in a YAML text.

    Args:
        text: the document.
        name: of the file, for messages.

    Raises:
        ProtocolError: it is no YAML, repeats a key, or uses tags, anchors or aliases.
    """
    try:
        _refuse_indirection(text, name)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - the loader derives from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ProtocolError(f"{name}:{place}: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = (
            f" line {before.count(chr(10)) + 1}, column {len(before.rpartition(chr(10))[2]) + 1}"
        )
        message = f"the sign U+{error.character:04X} may not stand in YAML; remove it"
        raise ProtocolError(f"{name}:{place}: {message}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ProtocolError(f"{name}: cannot be read as YAML: {error}") from error


def _refuse_indirection(text: str, name: str) -> None:
    """Refuse what makes a value differ from what is written, or grow without bound."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise ProtocolError(f"{name}: cannot be read: is nested more than {_DEPTH} deep")
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None or tag is not None:
            mark = event.start_mark
            place = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
            message = "a protocol spells every value out: no tags (!), anchors (&) or aliases (*)"
            raise ProtocolError(f"{name}:{place}: {message}")
