"""What is told beside the time."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from torch import nn

from sepeval.timing import facts
from sepeval.timing.clock import HostClock
from sepeval.timing.protocol import Peak

pytestmark = pytest.mark.slow

MB = 1_000_000


def test_shared_parameters_count_once() -> None:
    first, second = nn.Linear(10, 10, bias=False), nn.Linear(10, 10, bias=True)
    second.weight = first.weight

    assert facts.parameters({"one": first, "two": second}) == {"one": 100, "two": 10}
    assert facts.weights_bytes({"one": first, "two": second}) == 4 * 110


def test_buffers_are_weights_and_no_parameters() -> None:
    norm = nn.BatchNorm1d(8)  # two parameters, two buffers, and a count of 8 bytes

    assert facts.parameters({"norm": norm}) == {"norm": 16}
    assert facts.weights_bytes({"norm": norm}) == 4 * 32 + 8


@pytest.mark.parametrize("pieces", [1, 800])
def test_the_memory_of_a_call_is_told_at_every_call(pieces: int) -> None:
    def call() -> None:
        held = [torch.zeros(100 * MB // pieces, dtype=torch.uint8) + 1 for _ in range(pieces)]
        assert len(held) == pieces

    found = [facts.memory(call, nullcontext, "cpu").working_bytes for _ in range(3)]

    if found[0] is None:
        pytest.skip("this system does not tell the size of a process")
    assert all(one is not None and 90 * MB < one < 230 * MB for one in found)


def test_the_peak_is_that_of_the_fastest_product() -> None:
    found = facts.peak("cpu", "fp32", Peak(cpu=64, cuda=64, calls=3), HostClock(), number=-1)

    assert len(found.calls) == 4
    assert found.flops == 2.0 * 64**3 / min(one.host_s for one in found.calls[1:])
    assert {(one.arm, one.stage) for one in found.calls} == {(-1, "peak")}


def test_what_is_not_finite_is_seen() -> None:
    good, bad = torch.zeros(2), torch.tensor([0.0, float("inf")])

    assert facts.are_finite([good])
    assert not facts.are_finite([good, bad])
