"""A reference side from the cache is the one that would be made, bit by bit."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sepeval.metrics.base import Means, Packed, SignalMetric, build
from sepeval.protocol import MetricEntry
from sepeval.reference_cache import ReferenceCache
from sepeval.types import Array, IntArray

LARGE = 10**9
WINDOWS = np.array([[0, 900], [900, 1800], [1800, 2000]])


def metric(**changes: object) -> SignalMetric:
    parameters = {"output": "sir", "taps": 16, "filters": "track"}
    parameters |= {"ill_conditioned": "leave_out", **changes}
    entry = MetricEntry.model_validate(
        {"name": "x", "metric": "bsseval", "where": "every_window", "parameters": parameters}
    )
    found = build(entry)
    assert isinstance(found, SignalMetric)
    return found


def noise(seed: int, *, silent: bool = False) -> Array:
    found = np.random.default_rng(seed).standard_normal((3, 2, 2000))
    if silent:
        found[1] = 0.0
    return found


def measured(
    references: Array, cache: ReferenceCache | None, **changes: object
) -> dict[str, Array]:
    means = Means(shelf=cache)
    prepared = metric(**changes).prepare(
        references, mixture=references.sum(axis=0), windows=WINDOWS, rate=8000, means=means
    )
    others = noise(9)[: references.shape[0], : references.shape[1]]
    return prepared.measure(references, references + 0.3 * others, means=means)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.side"))


def same(one: dict[str, Array], other: dict[str, Array]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].tobytes() == other[name].tobytes() for name in one
    )


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("ill_conditioned", ["leave_out", "museval"])
def test_a_hit_gives_the_bytes_of_a_miss(
    tmp_path: Path, silent: bool, ill_conditioned: str
) -> None:
    references = noise(1, silent=silent)
    cache = ReferenceCache(LARGE, tmp_path)
    plain = measured(references, None, ill_conditioned=ill_conditioned)

    miss = measured(references, cache, ill_conditioned=ill_conditioned)
    hit = measured(references, cache, ill_conditioned=ill_conditioned)

    assert len(entries(tmp_path)) == 1
    assert same(plain, miss)
    assert same(plain, hit)


def test_a_solution_without_cholesky_comes_back_too(tmp_path: Path) -> None:
    tone = np.sin(np.arange(2000) * 0.01) * np.hanning(2000)
    references = np.stack([tone, np.roll(tone, 1)])[:, None, :]
    cache = ReferenceCache(LARGE, tmp_path)
    rounding = {"ill_conditioned": "museval", "taps": 64}

    made = [measured(references, shelf, **rounding) for shelf in (None, cache, cache)]

    assert made[0]["reciprocal_condition"].max() < 1e-14
    assert same(made[0], made[1])
    assert same(made[0], made[2])


def test_a_hit_makes_nothing(tmp_path: Path) -> None:
    cache = ReferenceCache(LARGE, tmp_path)
    calls: list[int] = []

    def make() -> Packed:
        calls.append(1)
        return {"x": np.arange(5.0), "none": np.zeros((0, 3)), "flags": np.array([True, False])}

    first = cache.kept([noise(1)], {"a": 1}, make)
    again = cache.kept([noise(1)], {"a": 1}, make)

    assert len(calls) == 1
    for name, array in first.items():
        assert array.dtype == again[name].dtype
        assert array.shape == again[name].shape
        assert np.array_equal(array, again[name])


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ([noise(2)], {"taps": 1}),
        ([noise(1) * 2.0], {"taps": 1}),
        ([noise(1)[:2]], {"taps": 1}),
        ([noise(1).reshape(2, 3, 2000)], {"taps": 1}),
        ([noise(1).astype(np.float32)], {"taps": 1}),
        ([noise(1), WINDOWS], {"taps": 1}),
        ([noise(1)], {"taps": 2}),
    ],
)
def test_other_content_or_facts_have_their_own_entry(
    tmp_path: Path, content: list[Array | IntArray], facts: dict[str, int]
) -> None:
    cache = ReferenceCache(LARGE, tmp_path)
    cache.kept([noise(1)], {"taps": 1}, lambda: {"x": np.zeros(1)})

    found = cache.kept(content, facts, lambda: {"x": np.ones(1)})

    assert found["x"] == 1
    assert len(entries(tmp_path)) == 2


def test_a_part_of_an_array_is_known_by_its_own_samples(tmp_path: Path) -> None:
    cache = ReferenceCache(LARGE, tmp_path)
    cache.kept([noise(1)[..., :500]], {}, lambda: {"x": np.zeros(1)})

    found = cache.kept([noise(1)[..., :500].copy()], {}, lambda: {"x": np.ones(1)})

    assert found["x"] == 0


@pytest.mark.parametrize("place", [0, 20, 60, 400, -1])
@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_a_damaged_entry_is_made_again(tmp_path: Path, place: int, damage: str) -> None:
    cache = ReferenceCache(LARGE, tmp_path)
    values = np.arange(64.0)
    cache.kept([noise(1)], {}, lambda: {"x": values})
    (path,) = entries(tmp_path)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        data = data[:place]
    else:
        data[place] ^= 1
    path.write_bytes(data)

    found = cache.kept([noise(1)], {}, lambda: {"x": values})

    assert np.array_equal(found["x"], values)
    assert np.array_equal(cache.kept([noise(1)], {}, dict)["x"], values)


def test_an_entry_under_the_name_of_another_is_made_again(tmp_path: Path) -> None:
    cache = ReferenceCache(LARGE, tmp_path)
    one, two = (measured(noise(seed), cache) for seed in (1, 2))
    first, second = entries(tmp_path)
    swapped = first.read_bytes(), second.read_bytes()
    second.write_bytes(swapped[0])
    first.write_bytes(swapped[1])

    assert same(measured(noise(1), cache), one)
    assert same(measured(noise(2), cache), two)
    assert (first.read_bytes(), second.read_bytes()) == swapped


def test_an_entry_that_was_sealed_without_its_name_is_made_again(tmp_path: Path) -> None:
    cache = ReferenceCache(LARGE, tmp_path)
    cache.kept([noise(1)], {}, lambda: {"x": np.zeros(1)})
    (path,) = entries(tmp_path)
    header = b"[]" + b" " * 14
    path.write_bytes(len(header).to_bytes(16, "little") + hashlib.sha256(header).digest() + header)

    assert cache.kept([noise(1)], {}, lambda: {"x": np.ones(1)})["x"] == 1
    assert cache.kept([noise(1)], {}, dict)["x"] == 1


def test_what_was_not_used_for_longest_is_removed(tmp_path: Path) -> None:
    cache = ReferenceCache(3 * 9000, tmp_path)

    def keep(seed: int) -> bool:
        """Whether it had to be made."""
        made = []
        cache.kept([noise(seed)], {}, lambda: made.append(1) or {"x": np.zeros(1000)})  # type: ignore[func-returns-value]
        for age, path in enumerate(sorted(entries(tmp_path), key=lambda one: one.stat().st_mtime)):
            os.utime(path, (age, age))  # a clock that tells neighbours apart
        return bool(made)

    keep(1), keep(2), keep(3)
    assert not keep(1)
    assert keep(4)

    assert cache.size() <= cache.limit
    assert not keep(1)
    assert not keep(3)
    assert keep(2)


def test_what_is_larger_than_the_limit_is_not_kept(tmp_path: Path) -> None:
    cache = ReferenceCache(100, tmp_path)

    cache.kept([noise(1)], {}, lambda: {"x": np.zeros(1000)})

    assert entries(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = ReferenceCache(LARGE, tmp_path / "file" / "cache")

    assert same(measured(noise(1), cache), measured(noise(1), None))


def filled(value: float) -> Packed:
    return {"x": np.full(1000, value)}


def write(folder: Path, seed: int) -> float:
    cache = ReferenceCache(10 * 9000, folder)
    total = 0.0
    for number in range(30):
        value = float((number + seed) % 7)
        found = cache.kept([np.array([value])], {}, partial(filled, value))
        total += float(np.abs(found["x"] - value).max())
    return total


@pytest.mark.slow
def test_processes_that_share_a_folder_harm_nothing(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        errors = pool.starmap(write, [(tmp_path, seed) for seed in range(3)])

    assert errors == [0.0, 0.0, 0.0]
    assert not list(tmp_path.glob(".part-*"))
