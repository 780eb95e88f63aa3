"""YAML with one meaning."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ProtocolError
from sepeval.protocol.strict_yaml import parse


def value(text: str) -> Any:  # noqa: ANN401 - any value of YAML
    document = parse(f"x: {text}\n", name="some.yaml")
    assert isinstance(document, dict)
    return document["x"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-8", 1e-8),
        ("1E8", 1e8),
        ("-1.5e+3", -1500.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("0.0", 0.0),
        ("4", 4),
        ("-0", 0),
        ("+7", 7),
    ],
)
def test_a_number_is_a_number(text: str, number: float) -> None:
    found = value(text)

    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "True", "FALSE", "Null", "NULL"),
        *("010", "-010", "00", "01.5", "0x10", "0b1", "0o17", "1_000", "12:30:45", "190:20"),
        *("2026-11-20", "2026-11-20 10:00:00", ".inf", "-.inf", ".nan", "inf", "nan", "1e", "e8"),
        *("<<", "=", "1.2.3"),
    ],
)
def test_what_readers_of_yaml_disagree_about_stays_text(text: str) -> None:
    assert value(text) == text


def test_words_of_json_have_their_meaning() -> None:
    assert [value(text) for text in ("true", "false", "null", "~", "")] == [
        True,
        False,
        None,
        None,
        None,
    ]


def test_quoted_numbers_stay_text() -> None:
    assert value("'4'") == "4"
    assert value('"1e-8"') == "1e-8"
    assert value('"true"') == "true"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_is_read_as_itself(number: float) -> None:
    assert value(repr(number)) == number


@given(st.integers(-(10**12), 10**12))
def test_a_printed_integer_is_read_as_itself(number: int) -> None:
    found = value(str(number))

    assert found == number
    assert isinstance(found, int)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: the key 'a' is given twice"),
        ("a:\n  b: 1\n  b: 1\n", "line 3, column 3: the key 'b' is given twice"),
        ("- {a: 1, 'a': 2}\n", "line 1, column 10: the key 'a' is given twice"),
        ("1: a\n", "the key 1 is not a text"),
        ("true: a\n", "the key True is not a text"),
        ("null: a\n", "the key None is not a text"),
        ("? [a]\n: b\n", "is not a text"),
        ("? {a: b}\n: b\n", "is not a text"),
    ],
)
def test_a_key_is_a_text_and_given_once(text: str, place: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        parse(text, name="some.yaml")

    assert str(raised.value).startswith("some.yaml:")
    assert place in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: 2\n",
        "a: &x [1]\nb: *x\n",
        "base: &b {a: 1}\nmore: {<<: *b}\n",
        "a: *nowhere\n",
        "a: !!python/object:os.system {}\n",
        "a: !!python/object/apply:os.getcwd []\n",
        "a: !!python/name:os.getcwd\n",
        "a: !!binary aGk=\n",
        "a: !!timestamp abc\n",
        "a: !!bool perhaps\n",
        "a: !!int x\n",
        "a: !!float '1'\n",
        "a: !!str 1\n",
        "a: !!set {b}\n",
        "!!map {a: 1}\n",
        "a: !own 1\n",
        "a: ! 1\n",
    ],
)
def test_tags_anchors_and_aliases_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"some\.yaml: line \d+, column \d+: .*spells"):
        parse(text, name="some.yaml")


def test_a_document_that_grows_without_bound_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    begin = time.process_time()

    with pytest.raises(ProtocolError, match="aliases"):
        parse("\n".join(lines), name="laughs.yaml")

    assert time.process_time() - begin < 5


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2\n",
        "a: {b: 1\n",
        "a: 'open\n",
        "\ta: 1\n",
        "a: 1\n b: 2\n",
        "a: 1\n---\nb: 2\n",
        "a: b: c\n",
        "@\n",
        "%YAML 9.9.9\n---\na: 1\n",
        "a: \x00\n",
        "a: \x07\n",
    ],
)
def test_what_is_no_yaml_is_said_so_with_its_name(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"^some\.yaml: "):
        parse(text, name="some.yaml")


@pytest.mark.parametrize("text", ["[" * 1000, "a: " + "[" * 1000 + "]" * 1000, "- " * 1000])
def test_a_document_nested_too_deeply_is_no_crash(text: str) -> None:
    with pytest.raises(ProtocolError, match=r"^some\.yaml: "):
        parse(text, name="some.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: x\0y\n", "line 2, column 5: the sign U+0000 may not stand in YAML; remove it"),
        ("a: " + "1" * 5000, "line 1, column 4: an integer has at most 300 digits; found 5000"),
    ],
)
def test_what_no_value_can_hold_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        parse(text, name="some.yaml")

    assert str(raised.value) == f"some.yaml: {message}"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ProtocolError):
        parse(text, name="some.yaml")
