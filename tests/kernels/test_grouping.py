from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.kernels.grouping import By, grouped

WAYS: tuple[By, ...] = ("mean", "median", "lower_median")


def alone(values: np.ndarray, by: By) -> float:
    if by == "lower_median":
        return float(np.sort(values)[(len(values) - 1) // 2])
    return float({"mean": np.mean, "median": np.median}[by](values))


def test_values_of_equal_keys_are_reduced_in_the_order_of_their_keys() -> None:
    keys = [np.array([1, 0, 1, 0, 0]), np.array([0, 7, 0, 7, 2])]

    found = grouped(keys, np.array([1.0, 10.0, 3.0, 30.0, 5.0]), by="mean")

    assert found.values.tolist() == [5.0, 20.0, 2.0]
    assert found.first.tolist() == [4, 1, 0]


def test_the_lower_of_two_middle_values() -> None:
    keys, values = [np.zeros(4, np.int64)], np.array([4.0, 1.0, 3.0, 2.0])

    assert grouped(keys, values, by="lower_median").values.tolist() == [2.0]
    assert grouped(keys, values, by="median").values.tolist() == [2.5]


def test_no_value_is_no_group() -> None:
    assert grouped([np.zeros(0, np.int64)], np.zeros(0), by="mean").values.tolist() == []


@given(st.integers(0, 2**32 - 1), st.sampled_from(WAYS))
def test_a_group_is_to_the_bit_what_it_is_alone(seed: int, by: By) -> None:
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 40, size=generator.integers(1, 30))
    keys = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
    values = generator.normal(size=len(keys)) * 10.0 ** generator.integers(-9, 9, size=len(keys))

    found = grouped([keys], values, by=by)

    assert found.values.tolist() == [alone(values[keys == one], by) for one in np.unique(keys)]


@pytest.mark.parametrize("size", [7, 8, 9, 127, 128, 129, 8191, 8192, 8193, 100_001])
def test_so_is_a_long_one(size: int) -> None:
    values = np.random.default_rng(size).normal(size=3 * size)

    found = grouped([np.repeat(np.arange(3), size)], values, by="mean")

    assert found.values.tolist() == [float(np.mean(one)) for one in np.split(values, 3)]
