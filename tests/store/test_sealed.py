from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sepeval.errors import DamagedError, StoreError
from sepeval.store import parts
from sepeval.store.sealed import MARK, SCHEMA, seal_text, unsealed

FACTS = {"track": "one\nsepeval-sha256:", "rate": 8000}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    table = pa.table({"value": np.linspace(0.0, 1.0, 40), "name": ["\nsepeval-sha256:"] * 40})
    parts.write_table(tmp_path / "part.parquet", table, FACTS)
    return tmp_path / "part.parquet"


def read_fault(path: Path) -> str:
    """Why a table cannot be read."""
    try:
        parts.read_table(path)
    except StoreError as error:
        return str(error)
    return ""


def test_facts_come_back_with_the_schema(path: Path) -> None:
    table, facts = parts.read_table(path)

    assert facts == {**FACTS, "schema": SCHEMA}
    assert table.num_rows == 40
    assert read_fault(path) == ""


def test_any_flipped_bit_is_found(path: Path) -> None:
    whole = path.read_bytes()

    for place in range(0, len(whole), 5):
        data = bytearray(whole)
        data[place] ^= 1 << (place % 8)
        path.write_bytes(data)
        assert path.name in read_fault(path), place


def test_any_truncation_is_found(path: Path) -> None:
    whole = path.read_bytes()

    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedError, match="is damaged: truncated, or no Parquet"):
            parts.read_table(path)


def test_equal_tables_give_equal_bytes(path: Path) -> None:
    table, _ = parts.read_table(path)

    assert parts.encoded(table, FACTS) == path.read_bytes()


def test_other_readers_of_parquet_read_it_too(path: Path) -> None:
    assert pq.read_table(path).num_rows == 40


def unsealed_part(path: Path, facts: bytes) -> None:
    """Write a part as the first schema did: facts in the header, and no digest."""
    table = pa.table({"value": [1.0, 2.0]}).replace_schema_metadata({b"sepeval": facts})
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def test_parts_of_the_first_schema_are_read(path: Path) -> None:
    unsealed_part(path, b'{"schema": 1, "track": "one"}')

    assert parts.read_table(path)[1] == {"schema": 1, "track": "one"}


def test_a_digest_cannot_be_left_out_of_the_present_schema(path: Path) -> None:
    unsealed_part(path, b'{"schema": 2, "track": "one"}')

    with pytest.raises(DamagedError, match="its digest is not there"):
        parts.read_table(path)


@pytest.mark.parametrize(
    "write", [lambda path: unsealed_part(path, b'{"schema": 9}'), None], ids=["bare", "sealed"]
)
def test_a_newer_schema_is_refused_with_both_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None] | None
) -> None:
    if write is None:
        with monkeypatch.context() as newer:
            newer.setattr(parts, "SCHEMA", 9)
            parts.write_table(path, pa.table({"a": [1]}), {})
    else:
        write(path)

    with pytest.raises(StoreError, match="with schema 9; this sepeval reads schemas 1 to 2"):
        parts.read_table(path)


def test_a_foreign_file_is_no_part(path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), path)

    with pytest.raises(StoreError, match=r"part\.parquet: is damaged: its digest is not there"):
        parts.read_table(path)


def test_the_mark_stands_once_where_facts_and_texts_hold_it_too(path: Path) -> None:
    start = path.read_bytes().rindex(MARK) + len(MARK)

    assert len(bytes.fromhex(path.read_bytes()[start : start + 64].decode())) == 32


def test_a_text_comes_back_without_its_digest() -> None:
    text = '{\n "a": 1\n}'

    assert unsealed(seal_text(text), "x.json") == text
    assert unsealed(text, "x.json") == text


@pytest.mark.parametrize("place", [3, 6, -5, -30])
def test_a_changed_text_is_damaged(place: int) -> None:
    text = bytearray(seal_text('{\n "a": 1\n}').encode())
    text[place] ^= 1

    with pytest.raises(DamagedError, match=r"x\.json: is damaged"):
        unsealed(text.decode(), "x.json")
