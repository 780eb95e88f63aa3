"""Noise of an item comes from its seed alone."""

import torch

from sepeval.inference import Noise


def test_a_draw_has_the_shape_of_the_batch() -> None:
    noise = Noise([1, 2, 3], (2, 5), "cpu")

    assert noise().shape == (3, 2, 5)
    assert noise().dtype == torch.float32


def test_neighbours_change_nothing() -> None:
    together, alone = Noise([1, 2, 3], (7,), "cpu"), Noise([2], (7,), "cpu")

    for _ in range(3):
        assert torch.equal(together()[1], alone()[0])


def test_the_order_of_the_items_changes_nothing() -> None:
    forward, backward = Noise([1, 2], (7,), "cpu")(), Noise([2, 1], (7,), "cpu")()

    assert torch.equal(forward, backward.flip(0))


def test_draws_and_seeds_differ() -> None:
    noise = Noise([1, 2], (7,), "cpu")

    first, second = noise(), noise()

    assert not torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


def test_the_generator_of_the_process_is_not_used() -> None:
    before = torch.random.get_rng_state()

    Noise([1], (7,), "cpu")()

    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_noise_is_normal() -> None:
    drawn = Noise([5], (100_000,), "cpu")()

    assert abs(float(drawn.mean())) < 0.02
    assert abs(float(drawn.std()) - 1.0) < 0.02
