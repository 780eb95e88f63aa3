"""Any Python callable as a separator, named `module:callable`."""

from __future__ import annotations

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.fingerprint import digest
from sepeval.separators.base import SEPARATORS, Estimate, Plain, Separator
from sepeval.types import Array

Foreign = Callable[..., Any]  # what comes back is not known before it is looked at


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("callable")
class ForeignCallable(Separator):
    """Calls `target(mixture, rate)`, with `seed=` too if the target has such a parameter.

        -s callable -S target=mymodel:separate -S stems=vocals,drums -S tag=v2

    The mixture is float64 [channel sample]. The target returns a mapping from stem to
    [channel sample], of which the named stems are taken, or one array [stem channel sample] in
    the order of `stems`; arrays of NumPy, torch, or any kind that NumPy can read, as long as the
    mixture. A list or tuple is refused: its order would be guessed. A class is called once
    without arguments, and its instance is the separator.

    Attributes:
        target: `module:callable`; dots after the colon go into attributes.
        stems: names of the stems.
        tag: whatever else tells the state of code and weights, such as `v2`. Only the source
            file of the target is looked at: without another tag, scores made before an edit of
            an imported module or of the weights are taken for those after it.
    """

    summary: ClassVar[str] = "any Python callable, as `module:callable`"
    target: Annotated[str, Field(pattern=r"^[^:\s]+:[^:\s]+$")]
    stems: Annotated[tuple[str, ...], Field(min_length=1)]
    tag: str = ""

    @property
    def is_stochastic(self) -> bool:
        """True if the target takes a seed.

        Raises:
            SeparatorError: the target cannot be imported or called.
        """
        return _takes_seed(_resolved(self.target))

    def describe(self) -> Mapping[str, Plain]:
        """Return the settings and the SHA-256 of the files that define the target.

        These are the file of the module named in the target and the one the callable comes from.
        What they import is not looked at, nor are weights: that is what `tag` is for.

        Raises:
            SeparatorError: the target cannot be imported or called.
        """
        return {
            "name": "callable",
            "version": 1,
            "target": self.target,
            "stems": list(self.stems),
            "tag": self.tag,
            "source_sha256": _source_digests(self.target),
        }

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        """Return what the target makes of the mixture; see `Separator.separate`.

        Raises:
            SeparatorError: the target cannot be imported or called, raises, or returns something
                that is no finite estimate of all stems.
        """
        target = _resolved(self.target)
        options = {"seed": seed} if _takes_seed(target) else {}
        try:
            returned = target(mixture.copy(), rate, **options)
        except (Exception, SystemExit) as error:  # foreign code can raise anything
            message = f"{self.target} raised {_told(error)}"
            raise SeparatorError(message) from error
        shape = (len(self.stems), *mixture.shape)
        audio = _array(returned, self.stems, self.target, shape)
        return Estimate(self.stems, audio)


def _array(returned: object, stems: tuple[str, ...], target: str, shape: tuple[int, ...]) -> Array:
    """[stem channel sample] of the expected shape, from whatever the target returned."""
    if isinstance(returned, Mapping):
        missing = [stem for stem in stems if stem not in returned]
        if missing:
            there = ", ".join(str(stem) for stem in returned) or "nothing"
            message = f"{target} returned {there}; it lacks {', '.join(missing)}"
            raise SeparatorError(message)
        parts = [_checked(returned[stem], f"{target}, stem {stem!r}", shape[1:]) for stem in stems]
        return np.stack(parts)
    if isinstance(returned, list | tuple):
        message = (
            f"{target} returned a {type(returned).__name__}; return a mapping from stem to "
            "[channel sample], or one array [stem channel sample] in the order "
            f"{', '.join(stems)}"
        )
        raise SeparatorError(message)
    return _checked(returned, target, shape)


def _checked(value: object, where: str, shape: tuple[int, ...]) -> Array:
    """The value as finite float64 of the expected shape."""
    dims = "[channel sample]" if len(shape) == 2 else "[stem channel sample]"
    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)  # torch
    except (Exception, SystemExit) as error:  # foreign code can raise anything
        message = f"{where}: {type(value).__name__} cannot be read as an array: {error}"
        raise SeparatorError(message) from error
    if array.dtype.kind != "f":
        message = (
            f"{where}: expected a floating-point array {dims} with full scale at 1.0; found "
            f"{type(value).__name__} of {array.dtype}"
        )
        raise SeparatorError(message)
    if array.shape != shape:
        message = f"{where}: expected {dims} = {list(shape)}; found {list(array.shape)}"
        raise SeparatorError(message)
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise SeparatorError(f"{where}: {count} of {array.size} samples are NaN or infinite")
    return array.astype(np.float64, copy=True)


@cache
def _resolved(target: str) -> Foreign:
    """The callable itself; a class is instantiated once, so that its weights load once."""
    found = _found(target)
    if inspect.isclass(found):
        try:
            found = found()
        except (Exception, SystemExit) as error:  # foreign code can raise anything
            message = f"{target}: the class cannot be built: {_told(error)}"
            raise SeparatorError(message) from error
    if not callable(found):
        message = f"{target} is no callable; found {type(found).__name__}"
        raise SeparatorError(message)
    result: Foreign = found
    return result


def _found(target: str) -> object:
    """What the target names."""
    name, _, attributes = target.partition(":")
    try:
        found: object = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # foreign code can raise anything
        message = f"{target}: module {name!r} cannot be imported: {_told(error)}"
        if isinstance(error, ModuleNotFoundError):
            message += "; is its folder on PYTHONPATH?"
        raise SeparatorError(message) from error
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            message = f"{target}: {name!r} has no attribute {attribute!r}"
            raise SeparatorError(message)
        found = getattr(found, attribute)
    return found


def _told(error: BaseException) -> str:
    """What foreign code raised, and the innermost file and line of it."""
    own = (__file__, importlib.__file__)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename not in own and not frame.filename.startswith("<frozen ")
    ]
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def _takes_seed(target: Foreign) -> bool:
    try:
        return "seed" in inspect.signature(target).parameters
    except (TypeError, ValueError):  # some built-in callables have no signature
        return False


def _source_digests(target: str) -> list[Plain]:
    """SHA-256 of the target's module, and of the module that defines the callable."""
    found = _found(target)
    while isinstance(found, partial):
        found = found.func
    names = dict.fromkeys((target.partition(":")[0], str(getattr(found, "__module__", None))))
    files = [getattr(sys.modules.get(name), "__file__", None) for name in names]
    return [digest(Path(file)) for file in files if file is not None]
