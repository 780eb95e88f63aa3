"""Hyper-parameters become plain values, whatever a file puts among them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.checkpoints.plain import Plain, plain
from sepeval.errors import SeparatorError

_PLAIN: st.SearchStrategy[Plain] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(_PLAIN)
def test_what_is_plain_stays_as_it_is(value: Plain) -> None:
    assert plain(value, where="a") == value


def test_tuples_become_lists_and_keys_become_texts() -> None:
    assert plain({3: (1, (2.5, None))}, where="a") == {"3": [1, [2.5, None]]}


def test_what_has_no_plain_form_is_named_by_its_type() -> None:
    found = plain({"a": np.zeros(3), "b": float("inf")}, where="a")

    assert found == {"a": "<ndarray>", "b": "inf"}
    json.dumps(found, allow_nan=False)


def test_depth_is_bounded() -> None:
    deep: object = 1
    for _ in range(50):
        deep = [deep]

    with pytest.raises(SeparatorError, match="nested more than 40 deep"):
        plain(deep, where="a.ckpt")
