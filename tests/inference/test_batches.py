"""Batches: which chunks stand together, and what happens where the memory ends."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from sepeval.errors import SeparatorError
from sepeval.inference.batches import in_batches

CHUNKS = [torch.full((1, 4), float(number)) for number in range(7)]
SEEDS = list(range(100, 107))


class Doubling:
    """Doubles chunks, remembers its batches, and fails on those above a limit."""

    def __init__(self, limit: int = 99, error: Callable[[], Exception] = RuntimeError) -> None:
        self.batches: list[list[int]] = []
        self._limit = limit
        self._error = error

    def __call__(self, chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        if len(chunks) > self._limit:
            raise self._error()
        self.batches.append(list(seeds))
        return 2.0 * chunks[:, None]


def run(function: Doubling, batch: int, notes: list[str] | None = None) -> list[float]:
    noted = [] if notes is None else notes
    found = in_batches(CHUNKS.__getitem__, SEEDS, function, batch=batch, notes=noted)
    return [float(one[0, 0, 0]) for one in found]


def out_of_memory() -> Exception:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def allocator() -> Exception:
    return RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate")


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 50])
def test_every_chunk_is_processed_once_with_its_own_seed(batch: int) -> None:
    function = Doubling()

    assert run(function, batch) == [2.0 * number for number in range(7)]
    assert [seed for one in function.batches for seed in one] == SEEDS
    assert max(len(one) for one in function.batches) == min(batch, 7)


@pytest.mark.parametrize("error", [out_of_memory, allocator])
def test_a_batch_that_is_too_large_is_halved_and_noted(error: Callable[[], Exception]) -> None:
    function, notes = Doubling(2, error), list[str]()

    assert run(function, 6, notes) == [2.0 * number for number in range(7)]
    assert [len(one) for one in function.batches] == [1] * 7
    assert notes == [
        "out of memory on cpu with 6 chunks of 4; went on with 3",
        "out of memory on cpu with 3 chunks of 4; went on with 1",
    ]


def test_one_chunk_that_is_too_large_is_an_error_with_ways_out() -> None:
    with pytest.raises(SeparatorError, match="one chunk of 4 samples; choose a shorter chunk"):
        run(Doubling(0, out_of_memory), 4)


def test_other_errors_are_passed_on() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        run(Doubling(0, lambda: RuntimeError("size mismatch")), 4)


def test_a_short_last_chunk_has_a_batch_of_its_own() -> None:
    chunks = [torch.ones(1, 4), torch.ones(1, 4), torch.ones(1, 3)]
    function = Doubling()

    found = list(in_batches(chunks.__getitem__, SEEDS[:3], function, batch=8, notes=[]))

    assert [one.shape[-1] for one in found] == [4, 4, 3]
    assert function.batches == [[100, 101], [102]]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda chunks, _: chunks,
        lambda chunks, _: chunks[:, None, :, 1:],
        lambda chunks, _: chunks[:1, None],
    ],
)
def test_what_is_no_estimate_per_chunk_is_refused(
    wrong: Callable[[Tensor, Sequence[int]], Tensor],
) -> None:
    found = in_batches(CHUNKS.__getitem__, SEEDS, wrong, batch=2, notes=[])

    with pytest.raises(SeparatorError, match=r"for 2 chunks of 4 samples; expected \[item stem"):
        list(found)
