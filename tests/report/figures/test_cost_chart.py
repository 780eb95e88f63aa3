"""Which points of quality over cost nothing beats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.report.figures.cost_chart import front


@pytest.mark.parametrize(("upward", "best"), [(True, ["b", "c"]), (False, ["a", "b"])])
def test_the_front_holds_what_nothing_beats(upward: bool, best: list[str]) -> None:
    known = [("c", 0, 3.0, 9.0), ("a", 1, 2.0, 1.0), ("b", 2, 1.0, 5.0), ("d", 3, 4.0, 6.0)]
    found = front(known, upward=upward)

    assert [point.name for point in found] == ["b", "a", "c", "d"]
    assert sorted(point.name for point in found if point.is_best) == best


def test_of_equal_cost_only_the_best_is_on_the_front() -> None:
    found = front([("a", 0, 1.0, 5.0), ("b", 1, 1.0, 6.0), ("c", 2, 1.0, 6.0)], upward=True)

    assert {point.name for point in found if point.is_best} == {"b", "c"}


@given(st.sets(st.tuples(st.integers(1, 9), st.integers(-9, 9)), min_size=1, max_size=12))
def test_a_point_is_on_the_front_unless_another_is_no_worse_in_both(
    pairs: set[tuple[int, int]],
) -> None:
    known = [(str(one), place, float(one[0]), float(one[1])) for place, one in enumerate(pairs)]
    found = front(known, upward=True)

    for one in found:
        beaten = any(
            other is not one and other.cost <= one.cost and other.value >= one.value
            for other in found
        )
        assert one.is_best == (not beaten)
