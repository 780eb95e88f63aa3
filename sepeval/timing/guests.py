"""GPUs that a separator without a network of its own uses by itself, as a callable may.

Nobody tells on which device such a separator computes. What torch says is taken: the GPUs on
which this process holds memory. They are waited for around its calls, or its time would be that
of enqueuing; what computes without torch is not seen.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sepeval.timing.clock import Clock, Measured, Now


def in_use() -> tuple[int, ...]:
    """Return torch's numbers of the GPUs on which this process holds memory."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return ()
    count = torch.cuda.device_count()
    return tuple(number for number in range(count) if torch.cuda.memory_reserved(number) > 0)


def note() -> str:
    """Return what a reader must know of the time of such a separator."""
    numbers = in_use()
    if not numbers:
        return "only the host was timed"
    import torch

    names = ", ".join(f"{torch.cuda.get_device_name(one)} (cuda:{one})" for one in numbers)
    return f"waited for {names}"


@dataclass(frozen=True)
class GuestClock(Clock):
    """The host's clock, which waits for all GPUs that this process uses.

    Attributes:
        now: seconds.
    """

    now: Now = time.perf_counter

    def measure(self, call: Callable[[], object]) -> Measured:
        """Return how long a call takes by the host's clock."""
        now, used = self.now, in_use()
        _wait(used)
        began = now()
        output = call()
        enqueued = now()
        _wait(used or in_use())  # the first call of all may have begun to use one
        ended = now()
        return Measured(output, ended - began, enqueued - began, None, began)


def _wait(numbers: tuple[int, ...]) -> None:
    if not numbers:
        return
    import torch

    for one in numbers:
        torch.cuda.synchronize(one)
