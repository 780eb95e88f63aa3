"""How the networks are run: eagerly, compiled, or counted.

A separator calls its networks by their methods. For the time of a call these are replaced on the
network itself, outside the clock, so that arms with the same weights can take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeAlias

from sepeval.errors import SeparatorError
from sepeval.timing.protocol import Execution

if TYPE_CHECKING:
    from torch import nn

_PASSES = ("forward", "maps", "features")  # each runs a network once
_COMPILED = (*_PASSES, "condition")
_RECOMPILE = 64  # programs of one method: one per batch and length of chunk
_MEMORY_ENDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
_MODES: Mapping[Execution, str] = {
    "compiled": "default",
    # graphs of CUDA kernels would overwrite the features that a refiner hears again
    "compiled_max_autotune": "max-autotune-no-cudagraphs",
}

Replacements: TypeAlias = "tuple[tuple[nn.Module, str, Callable[..., Any]], ...]"


def replacements(parts: Mapping[str, nn.Module], execution: Execution) -> Replacements:
    """Return what stands for the methods of the networks under an execution; none if eager.

    Nothing is compiled yet: that happens at the first call.
    """
    if execution == "eager":
        return ()
    import torch

    return tuple(
        (network, name, torch.compile(_own_code(method), mode=_MODES[execution], dynamic=False))
        for network in parts.values()
        for name in _COMPILED
        if (method := _method(network, name)) is not None
    )


@contextmanager
def replaced(chosen: Replacements) -> Iterator[None]:
    """Let networks use other methods inside the block."""
    for network, name, method in chosen:
        object.__setattr__(network, name, method)
    try:
        yield
    finally:
        for network, name, _ in chosen:
            object.__delattr__(network, name)


def passes(parts: Mapping[str, nn.Module], call: Callable[[], object]) -> dict[str, int]:
    """Return how often each network is run by a call; stems in one batch are one pass."""
    counts = dict.fromkeys(parts, 0)
    depth = dict.fromkeys(parts, 0)

    def counted(part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as it is
            counts[part] += depth[part] == 0
            depth[part] += 1
            try:
                return method(*args, **named)
            finally:
                depth[part] -= 1

        return wrapped

    chosen = tuple(
        (network, name, counted(part, method))
        for part, network in parts.items()
        for name in _PASSES
        if (method := _method(network, name)) is not None
    )
    with replaced(chosen):
        call()
    return counts


def refuse_uncompiled(execution: str, counted: Mapping[str, int]) -> None:
    """Do nothing if an execution is eager, or what was compiled is what is run.

    Args:
        execution: of an arm; `own` where there is no network.
        counted: passes of each network, see `passes`.

    Raises:
        SeparatorError: a network is run by another method than those that were compiled.
    """
    idle = [name for name, count in counted.items() if count == 0]
    if execution in ("eager", "own") or (counted and not idle):
        return
    what = f"{', '.join(idle)} is run by no method" if idle else "no network is known"
    message = (
        f"cannot be compiled: {what} that could be replaced; copy the timing protocol under a new "
        "name with executions [eager]"
    )
    raise SeparatorError(message)


@contextmanager
def compiled_or_error() -> Iterator[None]:
    """Raise inside the block where torch would go on eagerly what was compiled too often.

    An arm may be compiled anew for every batch and length of chunk: torch's own limits on that,
    which are meant for accidents, are lifted.

    Raises:
        SeparatorError: a network cannot be compiled.
    """
    import torch
    import torch._dynamo.exc  # no more than is loaded where something is compiled

    dynamo: Any = torch._dynamo
    limits = {"recompile_limit": _RECOMPILE, "accumulated_recompile_limit": 16 * _RECOMPILE}
    try:
        with dynamo.config.patch(fail_on_recompile_limit_hit=True, **limits):
            yield
    except (dynamo.exc.FailOnRecompileLimitHit, dynamo.exc.TorchDynamoException) as error:
        if is_memory_end(error):  # the way out is another
            raise
        first = (str(error).strip() or "no reason").splitlines()[0]
        message = (
            f"cannot be compiled ({type(error).__name__}: {first}); copy the timing protocol under "
            "a new name with executions [eager]"
        )
        raise SeparatorError(message) from error


def is_memory_end(error: BaseException) -> bool:
    """Return whether an error says that there is no more memory."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _MEMORY_ENDS)


def _own_code(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method with a code object of its own.

    What is compiled is kept by code object. Arms that shared one would look through each other's
    programs at every call, and after some of them would not be compiled at all.
    """
    if not isinstance(method, MethodType):
        return method
    given = method.__func__
    own = FunctionType(
        given.__code__.replace(),
        given.__globals__,
        given.__name__,
        given.__defaults__,
        given.__closure__,
    )
    own.__kwdefaults__ = given.__kwdefaults__
    return MethodType(own, method.__self__)


def _method(network: nn.Module, name: str) -> Callable[..., Any] | None:
    """Return a network's own method of that name; None where it has none, or a part of itself."""
    if not callable(getattr(type(network), name, None)):
        return None
    method: Callable[..., Any] = getattr(network, name)
    return method
