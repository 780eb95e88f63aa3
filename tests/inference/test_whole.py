"""A function over a whole mixture: cut, run, joined."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from sepeval.errors import SeparatorError
from sepeval.inference import Chunking, Cut, Noise, chunk_seed, in_chunks
from sepeval.types import Array

PLAIN = Chunking(16, 0, "none", "pad", "none")
OVERLAPPING = Chunking(16, 8, "msst", "msst", "reflect")


def doubled(chunks: Tensor, _seeds: Sequence[int]) -> Tensor:
    return torch.stack([chunks, 2.0 * chunks], dim=1)


def noisy(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
    return chunks[:, None] + Noise(seeds, (1, *chunks.shape[1:]), "cpu")()


def mixture(length: int, channels: int = 2) -> Array:
    return np.random.default_rng(length).standard_normal((channels, length))


def run(samples: Array, function: Any = doubled, **changes: Any) -> Any:  # noqa: ANN401 - keywords
    given: dict[str, Any] = {
        **{"chunking": PLAIN, "batch": 1, "seed": 3, "device": "cpu", "precision": "fp32"},
        **changes,
    }
    return in_chunks(samples, function, **given)


@given(length=st.integers(1, 100), chunking=st.sampled_from([PLAIN, OVERLAPPING]))
def test_a_function_of_samples_alone_is_not_changed_by_chunks(
    length: int, chunking: Chunking
) -> None:
    samples = mixture(length)

    joined = run(samples, chunking=chunking)

    expected = np.stack([samples, 2.0 * samples])
    assert joined.audio == pytest.approx(expected, rel=1e-6, abs=1e-6)  # float32
    assert joined.audio.dtype == np.float64
    assert joined.notes == ()


@pytest.mark.parametrize(("length", "chunks"), [(1, 1), (16, 1), (17, 2), (80, 5)])
def test_chunks_are_counted(length: int, chunks: int) -> None:
    assert run(mixture(length)).chunks == chunks


@pytest.mark.parametrize("batch", [2, 3, 100])
def test_the_batch_changes_no_bit_on_the_cpu(batch: int) -> None:
    alone = run(mixture(100), noisy).audio

    assert run(mixture(100), noisy, batch=batch).audio.tobytes() == alone.tobytes()


def test_each_chunk_has_its_own_noise_from_seed_and_number() -> None:
    silence = np.zeros((1, 48))

    found = run(silence, noisy).audio.reshape(3, 16)

    for number in range(3):
        expected = Noise([chunk_seed(3, number)], (16,), "cpu")().numpy()[0]
        assert found[number] == pytest.approx(expected, abs=1e-7)


def test_another_seed_gives_other_noise() -> None:
    samples = mixture(40)

    assert run(samples, noisy, seed=4).audio.tolist() != run(samples, noisy).audio.tolist()


def test_a_dropped_tail_leaves_whole_chunks() -> None:
    chunking = Chunking(16, 0, "none", "drop", "none")

    assert run(mixture(40), chunking=chunking).audio.shape == (2, 2, 32)


def test_a_partial_tail_is_processed_as_it_is() -> None:
    lengths: list[int] = []

    def listening(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        lengths.append(chunks.shape[-1])
        return doubled(chunks, seeds)

    run(mixture(40), listening, chunking=Chunking(16, 0, "none", "partial", "none"))

    assert lengths == [16, 16, 8]


def test_a_reflected_border_is_heard_and_not_returned() -> None:
    samples = mixture(40, 1)

    cut = Cut.of(samples, Chunking(16, 4, "hann", "pad", "reflect"))

    assert cut.margin == 4
    assert cut.chunk(0)[0, :4].tolist() == samples[0, 4:0:-1].tolist()
    joined = cut.joined(cut.chunk(number) for number in range(len(cut)))
    assert joined == pytest.approx(samples, abs=1e-12)


def test_samples_that_are_not_finite_are_refused() -> None:
    def overflowing(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        return doubled(chunks, seeds) / chunks[0, 0, -1]  # 0 where the end is filled up

    with pytest.raises(SeparatorError, match="chunk 1: 64 of 64 samples are NaN or infinite at"):
        run(np.ones((2, 20)), overflowing)


def test_stems_that_change_from_chunk_to_chunk_are_refused() -> None:
    def fickle(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        return doubled(chunks, seeds)[:, : 1 + int(chunks[0, 0, -1] != 0.0)]

    with pytest.raises(SeparatorError, match=r"chunk 1: .*returned stems and channels \[1, 2\]"):
        run(mixture(20), fickle)


def test_no_gradients_are_kept_and_modes_hold_inside() -> None:
    seen: list[bool] = []

    def looking(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
        seen.append(torch.is_inference_mode_enabled() and not torch.is_autocast_enabled("cpu"))
        return doubled(chunks, seeds)

    run(mixture(20), looking)

    assert seen == [True, True]


@pytest.mark.gpu
def test_batches_differ_by_rounding_alone_on_a_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    network = torch.nn.Conv1d(2, 2, 9, padding=4).cuda()

    def convolved(chunks: Tensor, _seeds: Sequence[int]) -> Tensor:
        found: Tensor = network(chunks)[:, None]
        return found

    alone, together = (run(mixture(999), convolved, device="cuda", batch=n).audio for n in (1, 8))

    # cuDNN chooses other kernels for other batches; float32 has 24 bits
    assert together == pytest.approx(alone, abs=1e-5)
