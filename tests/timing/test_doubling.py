"""The best batch, on devices that are made up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from sepeval.timing.doubling import best_batch
from sepeval.timing.measuring import Arm
from sepeval.timing.protocol import Doubling
from tests.timing.test_measuring import World

RULE = Doubling(kind="doubling", gain=0.05, memory=0.9, limit=64, calls=3)


def arm_of(world: World, fixed: float, each: float) -> Callable[[int], Arm]:
    return lambda batch: world.arm(fixed + each * batch, batch)


def test_the_batch_grows_while_twice_as_many_give_five_percent_more() -> None:
    world = World()

    # items per second: 1/(1 + 1/b); 8 -> 16 gives 5.9 %, 16 -> 32 gives 3.0 %
    found = best_batch(arm_of(world, 1.0, 1.0), RULE, world.clock(), lambda: 0.0)

    assert (found.batch, found.ended) == (16, "gain")
    assert [one.batch for one in found.calls[::4]] == [1, 2, 4, 8, 16, 32]
    assert {one.stage for one in found.calls} == {"doubling"}


def test_it_ends_at_the_limit() -> None:
    world = World()

    found = best_batch(arm_of(world, 1.0, 0.0), RULE, world.clock(), lambda: 0.0)

    assert (found.batch, found.ended) == (64, "limit")


def test_it_ends_where_the_memory_is_nearly_taken() -> None:
    world = World()
    sizes: list[int] = []

    def arm(batch: int) -> Arm:
        sizes.append(batch)
        return world.arm(1.0, batch)

    found = best_batch(arm, RULE, world.clock(), lambda: sizes[-1] / 10.0 if sizes else 0.0)

    assert (found.batch, found.ended) == (8, "memory")


def test_it_ends_where_the_memory_does() -> None:
    world = World()

    def arm(batch: int) -> Arm:
        if batch > 4:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return world.arm(1.0, batch)

    found = best_batch(arm, RULE, world.clock(), lambda: 0.0)

    assert (found.batch, found.ended) == (4, "memory")


def test_other_errors_are_raised() -> None:
    def broken() -> None:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        best_batch(
            lambda batch: Arm(broken, nullcontext, batch), RULE, World().clock(), lambda: 0.0
        )


def test_where_the_memory_cannot_be_told_the_reason_says_so() -> None:
    world = World()

    found = best_batch(arm_of(world, 0.0, 1.0), RULE, world.clock(), lambda: None)

    assert (found.batch, found.ended) == (1, "gain; the memory rule does not apply here")
