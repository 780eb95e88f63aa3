"""Every engine has the values of the ordinary one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from sepeval.errors import DependencyError
from sepeval.kernels.bsseval import (
    PartEnergies,
    Ratios,
    ReferenceSide,
    pack,
    part_energies,
    ratios,
    reference_side,
    side_and_part_energies,
    unpack,
)
from sepeval.kernels.bsseval.engines import Engine, engine
from sepeval.kernels.bsseval.engines.on_scipy import ScipyEngine
from sepeval.kernels.bsseval.engines.on_torch import TorchEngine
from sepeval.types import Array, IntArray
from tests.kernels.bsseval.corpus import CASES, Case, music, rounded, separated
from tests.kernels.bsseval.oracle import museval_windows

EXACT = 1e-9  # dB, where the equations are well conditioned
SPREAD = 2e-16  # dB, over the reciprocal condition: what rounding in the equations is worth
RIDGE = 1e-3  # dB, on tracks that need the ridge
LARGE = 110.0  # dB; above it every value is rounding
TAPS = 32
QUICK = {
    "level -30 dB, 16 bit",
    "SDR 60 dB",
    "reference silent in a window",
    "mono as stereo",
    "low-passed at 16 kHz, 16 bit",
    "low-passed at 16 kHz, float",
    "44.1 to 22.05 kHz, float",
    "odd length",
    "windows overlap",
}

has_ducc0 = importlib.util.find_spec("ducc0") is not None
needs_ducc0 = pytest.mark.skipif(not has_ducc0, reason="the extra `fast` is not installed")
needs_gpu = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device"),
]
ENGINES = [
    pytest.param(lambda: engine("ducc0"), marks=needs_ducc0, id="ducc0"),
    pytest.param(lambda: TorchEngine("cpu"), id="torch"),
    pytest.param(lambda: engine("cuda"), marks=needs_gpu, id="cuda"),
]
Maker = Callable[[], Engine[Any]]


@contextmanager
def working_with(by: Engine[Any]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sepeval.kernels.bsseval.reader.named", lambda _: by)
        yield


def run(
    by: Engine[Any], references: Array, estimates: Array, windows: IntArray, taps: int = 512
) -> tuple[ReferenceSide, PartEnergies]:
    with working_with(by):
        side = reference_side(references, windows, taps=taps)
        return side, part_energies(side, references, estimates)


def marked(case: Case) -> object:
    marks = [] if case.name in QUICK else [pytest.mark.slow]
    return pytest.param(case, id=case.name, marks=marks)


def largest_difference(ours: Ratios, theirs: Ratios) -> float:
    largest = 0.0
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(np.isnan(one), np.isnan(other))
        small = np.isfinite(one) & ~((one > LARGE) & (other > LARGE))
        largest = max(largest, float(np.max(np.abs(one[small] - other[small]), initial=0.0)))
    return largest


@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_values_are_those_of_the_ordinary_engine(case: Case, make: Maker) -> None:
    references, estimates = case.make()
    windows = museval_windows(references.shape[2], window=case.window, hop=case.hop)
    ordinary, expected = run(ScipyEngine(), references, estimates, windows)

    side, found = run(make(), references, estimates, windows)

    assert side.ill_conditioned == ordinary.ill_conditioned
    bound = EXACT + SPREAD / side.reciprocal_condition if not side.ill_conditioned else RIDGE
    assert largest_difference(ratios(found), ratios(expected)) <= bound
    assert np.array_equal(found.error, expected.error)  # SDR needs no filters


@pytest.mark.parametrize("make", ENGINES)
def test_number_of_threads_changes_no_bit(make: Maker) -> None:
    references = rounded(music(channels=2, length=30000))
    estimates = rounded(separated(references))
    windows = museval_windows(30000, window=7000, hop=5000)
    with working_with(make()):
        side = reference_side(references, windows, taps=TAPS, threads=1)
        one = part_energies(side, references, estimates, threads=1)

        again = reference_side(references, windows, taps=TAPS, threads=3)
        three = part_energies(again, references, estimates, threads=3)

    assert np.array_equal(side.products, again.products)
    assert np.array_equal(one.artefacts, three.artefacts)


@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize(("window", "hop"), [(7000, 7000), (7000, 5000), (40000, 40000)])
def test_one_pass_gives_the_bits_of_two(make: Maker, window: int, hop: int) -> None:
    references = rounded(music(channels=2, length=40000))
    references[1, 1] = references[1, 0]
    estimates = rounded(separated(references))
    windows = museval_windows(40000, window=window, hop=hop)
    by = make()
    side, expected = run(by, references, estimates, windows, TAPS)

    with working_with(by):
        together, found = side_and_part_energies(references, estimates, windows, taps=TAPS)

    assert np.array_equal(together.products, side.products)
    assert together.reciprocal_condition == side.reciprocal_condition
    for field in fields(PartEnergies):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        np.testing.assert_array_equal(one, other, field.name)


@pytest.mark.parametrize("make", ENGINES)
def test_a_track_of_silence_has_no_filters(make: Maker) -> None:
    silence = np.zeros((2, 2, 500))

    side, parts = run(make(), silence, silence, np.array([[0, 500]]), TAPS)

    assert not side.present.any()
    assert np.isnan(parts.artefacts).all()


@pytest.mark.parametrize("make", ENGINES)
@pytest.mark.parametrize("samples", [1, 2, 31, 100])
def test_a_track_may_be_shorter_than_the_filters(samples: int, make: Maker) -> None:
    references = np.random.default_rng(1).standard_normal((2, 1, samples))
    estimates = 0.5 * references
    windows = np.array([[0, samples]])

    _, found = run(make(), references, estimates, windows, TAPS)

    _, expected = run(ScipyEngine(), references, estimates, windows, TAPS)
    assert found.projection == pytest.approx(expected.projection, rel=1e-6)


@pytest.mark.parametrize("make", ENGINES)
def test_an_estimate_that_is_not_finite_harms_no_other(make: Maker) -> None:
    references = rounded(music(length=20000))
    estimates = rounded(separated(references))
    windows = museval_windows(20000, window=10000, hop=10000)
    _, clean = run(make(), references, estimates, windows, TAPS)
    broken = estimates.copy()
    broken[0, 0, 100] = np.inf

    _, found = run(make(), references, broken, windows, TAPS)

    assert np.isnan(found.artefacts[0]).all()
    assert np.array_equal(found.artefacts[1], clean.artefacts[1])


@pytest.mark.parametrize("make", ENGINES)
def test_a_packed_reference_side_gives_the_same_bits(make: Maker) -> None:
    references = rounded(music(channels=2, length=20000))
    estimates = rounded(separated(references))
    by = make()
    windows = museval_windows(20000, window=10000, hop=10000)
    side, expected = run(by, references, estimates, windows, 200)

    with working_with(by):
        found = part_energies(unpack(pack(side)), references, estimates)

    assert np.array_equal(found.artefacts, expected.artefacts)
    assert np.array_equal(found.spatial, expected.spatial)


def test_a_missing_package_is_an_error_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ducc0", None)

    with pytest.raises(DependencyError, match=r"pip install 'sepeval\[fast\]'"):
        engine("ducc0")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_is_an_error() -> None:
    with pytest.raises(DependencyError, match="needs a CUDA device"):
        engine("cuda")
