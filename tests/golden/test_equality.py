"""The numbers of the shipped protocols are those of the original evaluators, as the README says."""

from __future__ import annotations

import pytest

from tests.golden.claims import CLAIMS, Claim
from tests.golden.equality import README, compared, computed, in_readme, nussl, rounded, table
from tests.shared_data import needs_audio, needs_golden

on_real_audio = [pytest.mark.data, pytest.mark.slow, needs_golden, needs_audio]


@pytest.mark.parametrize(
    "claim",
    [pytest.param(one, marks=on_real_audio) for one in CLAIMS],
    ids=[f"{one.code}-{one.protocol}-{one.tolerance}" for one in CLAIMS],
)
def test_a_protocol_has_the_numbers_of_the_original_code(claim: Claim) -> None:
    row = compared(claim)

    assert row.values > 0
    assert row.unmatched == 0
    assert row.difference <= row.tolerance


@pytest.mark.data
@pytest.mark.slow
@needs_audio
def test_nussl_has_the_numbers_of_its_formula() -> None:
    row = nussl()

    assert row.values == 160
    assert row.unmatched == 0
    assert row.difference <= row.tolerance


@pytest.mark.data
@pytest.mark.slow
@needs_golden
@needs_audio
def test_the_table_in_the_readme_is_what_is_computed() -> None:
    assert in_readme(README.read_text(encoding="utf-8")) == table(computed())


def test_differences_are_rounded_up() -> None:
    assert [rounded(one) for one in (1.2e-5, 2e-3, 9.1e-8, 1e-10, 0.0)] == [
        "2e-5",
        "2e-3",
        "1e-7",
        "< 1e-9",
        "< 1e-9",
    ]
