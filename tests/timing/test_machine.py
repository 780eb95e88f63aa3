"""What is recorded of a machine, with a driver that is made up."""

from __future__ import annotations

import os

import pytest
import torch

from sepeval.errors import DependencyError
from sepeval.inference import numerics
from sepeval.timing import machine as room
from sepeval.timing.flags import precision_flags
from sepeval.timing.machine import Machine, asked, machine, pinned, state

LINE = "GPU-1, 570.1, 1980, 2619, 1980, 700.00, 120.5, 41, 0, Disabled\n"


def ask(command: list[str]) -> str:
    return LINE if any("query-gpu" in word for word in command) else "12, GPU-1\n13, GPU-2\n"


def test_the_driver_is_read_by_its_names() -> None:
    found = room._of_gpu("0", ask)

    assert (found["uuid"], found["driver_version"], found["clocks.sm"]) == (
        "GPU-1",
        "570.1",
        "1980",
    )
    assert found["mig.mode.current"] == "Disabled"


@pytest.mark.parametrize("text", ["", "No devices were found\n", "a, b\n", LINE + LINE])
def test_a_driver_that_does_not_answer_is_no_driver(text: str) -> None:
    assert room._of_gpu("0", lambda _: text) == {}


def test_a_command_that_is_not_there_or_fails_prints_nothing() -> None:
    assert asked(["no-such-command-anywhere"]) == ""
    assert asked(["false"]) == ""


def test_a_machine_is_the_same_as_itself() -> None:
    one, two = (machine("cpu", threads=1) for _ in range(2))

    assert one == two
    assert one.differences(two) == ()
    assert one.versions["torch"] == torch.__version__
    assert len(one.host) == 8


def test_what_differs_is_named() -> None:
    one = machine("cpu", threads=1)
    document = one.model_dump()
    other = Machine.model_validate(
        {**document, "threads": 2, "versions": {**one.versions, "torch": "1.0"}}
    )

    assert one.differences(other) == ("threads", "versions.torch")


def test_the_state_of_a_cpu_is_its_load() -> None:
    found = state("before", "cpu")

    assert found.load is not None
    assert found.load >= 0.0
    assert (found.gpu, found.gpu_processes) == ({}, None)


def test_threads_are_pinned_inside_the_block_alone() -> None:
    threads, processors = torch.get_num_threads(), os.sched_getaffinity(0)

    with pinned(1) as count:
        assert (count, torch.get_num_threads(), len(os.sched_getaffinity(0))) == (1, 1, 1)

    assert (torch.get_num_threads(), os.sched_getaffinity(0)) == (threads, processors)


def test_every_thread_is_one_per_processor() -> None:
    with pinned("every") as count:
        assert count == len(os.sched_getaffinity(0)) == torch.get_num_threads()


def test_more_threads_than_processors_are_refused() -> None:
    with pytest.raises(DependencyError, match="100000 threads"), pinned(100_000):
        pass


def test_flags_are_told_as_they_are_inside_a_call() -> None:
    with numerics("cpu", "fp32"):
        found = precision_flags()

    assert (found["matmul_precision"], found["matmul_allow_tf32"]) == ("highest", False)
    assert found["cudnn_benchmark"] is False


def test_the_driver_is_asked_by_the_name_of_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    class Properties:
        uuid = "1234"

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Properties())
    said: list[str] = []

    def asked_of(words: list[str]) -> str:
        said.extend(words)
        return ""

    room._of_gpu(room._physical(torch.device("cuda", 0)), asked_of)

    assert "--id=GPU-1234" in said
