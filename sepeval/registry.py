"""Named plug-ins: built-in ones found by folder, foreign ones by entry point.

A built-in plug-in is a module of the registry's package that decorates its class with
`@REGISTRY.add`. Nothing is imported before the first look-up, so that `import sepeval` stays
light. Entry points of the same group name are loaded only when a name is not built in, or when
all names are listed.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from sepeval.errors import SepevalError, UnknownNameError

T = TypeVar("T")


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the end of a message that offers the names most like `name`.

    Example:
        >>> nearest("musdb18-sisec", ["musdb18-sisec18", "slakh2100-msdm"])
        "did you mean 'musdb18-sisec18'?"
        >>> nearest("x", ["b", "a"])
        'known: a, b'
    """
    known = sorted(names)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"did you mean {' or '.join(repr(one) for one in close)}?"
    return f"known: {', '.join(known) or 'none'}"


class Registry(Generic[T]):
    """A table of plug-in classes or functions of one kind.

    Args:
        package: the package whose modules hold the built-in plug-ins; also the name of the
            entry point group.
        kind: what one plug-in is, for messages ("metric").
    """

    def __init__(self, package: str, *, kind: str) -> None:
        self.package = package
        self.kind = kind
        self._built_in: dict[str, T] = {}
        self._foreign: dict[str, T] = {}
        self._is_complete = False  # whether all modules of the package have been imported

    def add(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers a built-in plug-in under `name`.

        What is defined once more in the same place, as a notebook's cell that is run again does,
        takes the place of the first.
        """

        def register(plug_in: T) -> T:
            if name in self._built_in and not _is_again(plug_in, self._built_in[name]):
                raise SepevalError(f"two {self.kind}s are named {name!r} in {self.package}")
            self._built_in[name] = plug_in
            return plug_in

        return register

    def get(self, name: str) -> T:
        """Return the plug-in of that name.

        Raises:
            UnknownNameError: nothing has this name; the message offers the nearest names.
            SepevalError: an entry point of this name cannot be imported.
        """
        self._import_built_in()
        if name in self._built_in:
            return self._built_in[name]
        for point in entry_points(group=self.package):
            if point.name == name:
                return self._load(name)
        message = f"no {self.kind} is named {name!r}; {nearest(name, self.names())}"
        raise UnknownNameError(message)

    def names(self) -> tuple[str, ...]:
        """Return all names, built-in and foreign, sorted."""
        self._import_built_in()
        foreign = {point.name for point in entry_points(group=self.package)}
        return tuple(sorted(foreign | set(self._built_in)))

    def _import_built_in(self) -> None:
        if self._is_complete:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self.package}.{module.name}")
        self._is_complete = True

    def _load(self, name: str) -> T:
        if name not in self._foreign:
            (point, *_) = (one for one in entry_points(group=self.package) if one.name == name)
            try:
                self._foreign[name] = point.load()
            except (ImportError, AttributeError) as error:
                message = (
                    f"the {self.kind} {name!r} is announced as {point.value!r} and cannot be "
                    f"imported: {error}"
                )
                raise SepevalError(message) from error
        return self._foreign[name]


def _is_again(plug_in: object, first: object) -> bool:
    """Return whether two plug-ins are one, or two definitions of one class or function."""
    places = [
        (getattr(one, "__module__", None), getattr(one, "__qualname__", None))
        for one in (plug_in, first)
    ]
    return plug_in is first or (None not in places[0] and places[0] == places[1])
