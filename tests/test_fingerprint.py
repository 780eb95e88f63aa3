"""Digests are those of the bytes, and an unchanged file is read once."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval import fingerprint
from sepeval.errors import DataError
from sepeval.fingerprint import cache_folder, digest, digests, of_document

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files whose bytes were read, in order."""
    paths: list[Path] = []

    def recorded(path: Path) -> str:
        paths.append(path)
        return digest(path)

    monkeypatch.setattr(fingerprint, "digest", recorded)
    return paths


def file(folder: Path, name: str = "a.wav", content: bytes = b"abc") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("content", [b"", b"abc", bytes(range(256)) * 5000])
def test_a_digest_is_the_sha256_of_the_bytes(content: bytes, tmp_path: Path) -> None:
    path = file(tmp_path, content=content)

    assert digest(path) == sha256(content)
    assert digests([path]) == {path: sha256(content)}


def test_an_unchanged_file_is_read_once(tmp_path: Path, read: list[Path]) -> None:
    path = file(tmp_path)

    found = [digests([path]) for _ in range(3)]

    assert found == [{path: sha256(b"abc")}] * 3
    assert read == [path]


def test_another_size_is_another_file(tmp_path: Path, read: list[Path]) -> None:
    path = file(tmp_path)
    before = path.stat()
    digests([path])

    path.write_bytes(b"abcd")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert digests([path]) == {path: sha256(b"abcd")}
    assert len(read) == 2


def test_another_time_of_change_is_another_file(tmp_path: Path, read: list[Path]) -> None:
    path = file(tmp_path)
    before = path.stat()
    digests([path])

    path.write_bytes(b"xyz")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))

    assert digests([path]) == {path: sha256(b"xyz")}
    assert len(read) == 2


def test_a_file_is_known_by_its_resolved_path(
    tmp_path: Path, read: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path)
    link = tmp_path / "link.wav"
    link.symlink_to(path)
    monkeypatch.chdir(tmp_path)

    found = [*digests([path]).values(), *digests([link]).values()]
    found += digests([Path("a.wav")]).values()

    assert len(set(found)) == 1
    assert len(read) == 1


def test_files_are_asked_for_once_each(tmp_path: Path, read: list[Path]) -> None:
    paths = [file(tmp_path, name, name.encode()) for name in ("b", "a")]

    found = digests([*paths, *paths])

    assert found == {path: sha256(path.name.encode()) for path in paths}
    assert len(read) == 2


def test_no_files_have_no_digests() -> None:
    assert digests([]) == {}


def test_the_cache_lies_in_the_cache_folder(tmp_path: Path) -> None:
    digests([file(tmp_path)])

    assert cache_folder() == Path(os.environ["XDG_CACHE_HOME"]) / "sepeval"
    assert [path.name for path in cache_folder().iterdir()] == ["digests.sqlite"]


def test_without_a_variable_the_cache_lies_in_the_home_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv("XDG_CACHE_HOME")
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache_folder() == tmp_path / ".cache" / "sepeval"


def test_a_file_in_place_of_the_cache_folder_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path)

    for blocked in (path, path / "deeper"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
        assert digests([path]) == {path: sha256(b"abc")}


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
def test_a_cache_folder_that_cannot_be_made_is_done_without(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", refuse)

    assert digests([path]) == {path: sha256(b"abc")}


def test_a_damaged_cache_is_done_without(tmp_path: Path) -> None:
    path = file(tmp_path)
    cache_folder().mkdir(parents=True)
    (cache_folder() / "digests.sqlite").write_bytes(b"no database" * 100)

    assert digests([path]) == {path: sha256(b"abc")}


def test_a_cache_of_another_shape_is_done_without(tmp_path: Path) -> None:
    path = file(tmp_path)
    cache_folder().mkdir(parents=True)
    other = sqlite3.connect(cache_folder() / "digests.sqlite")
    other.execute("CREATE TABLE digest (whatever TEXT)")
    other.close()

    assert digests([path]) == {path: sha256(b"abc")}


@pytest.mark.parametrize("made", [False, True])
def test_a_file_that_cannot_be_read_is_named(made: bool, tmp_path: Path) -> None:
    path = tmp_path / "gone.wav"
    if made:
        path.mkdir()

    for action in (digest, lambda one: digests([one])):
        with pytest.raises(DataError, match=r"gone\.wav: cannot be read: "):
            action(path)


@given(documents)
def test_a_document_is_known_by_its_values(document: object) -> None:
    found = of_document(document)

    assert found == of_document(document)
    assert len(bytes.fromhex(found)) == 32


def test_the_order_of_keys_is_ignored_and_that_of_lists_is_not() -> None:
    assert of_document({"a": 1, "b": 2}) == of_document({"b": 2, "a": 1})
    assert of_document([1, 2]) != of_document([2, 1])


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, "1"), (None, "null"), ([], {}), ("", None), ("é", "e")]
)
def test_values_of_another_kind_are_others(one: object, other: object) -> None:
    assert of_document([one]) != of_document([other])
