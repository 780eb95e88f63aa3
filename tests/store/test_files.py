from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.store.files import remove_unfinished, write_text, write_whole, write_whole_folder


def broken(path: Path) -> None:
    path.write_text("half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_as_it_was_when_writing_fails(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "before")

    with pytest.raises(StoreError, match=r"b\.txt: cannot be written: No space left"):
        write_whole(tmp_path / "a" / "b.txt", broken)

    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]
    assert (tmp_path / "a" / "b.txt").read_text() == "before"


def test_file_and_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("asks /proc which file is synced")
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
    )

    write_text(tmp_path / "a" / "b.txt", "text")

    (new, part, folder) = synced
    assert (new, folder) == (str(tmp_path), str(tmp_path / "a"))
    assert Path(part).name.startswith(".part-")


def test_a_file_system_that_cannot_sync_folders_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    write_text(tmp_path / "b.txt", "text")

    assert (tmp_path / "b.txt").read_text() == "text"


def two(folder: Path) -> None:
    (folder / "a").write_text("1")
    (folder / "b").write_text("2")


def half(folder: Path) -> None:
    broken(folder / "a")


def test_a_folder_is_there_with_all_its_files_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No space left"):
        write_whole_folder(tmp_path / "run" / "one", half)
    assert list((tmp_path / "run").iterdir()) == []

    write_whole_folder(tmp_path / "run" / "one", two)

    assert sorted(path.name for path in (tmp_path / "run").rglob("*")) == ["a", "b", "one"]


def test_a_folder_replaces_one_of_its_name(tmp_path: Path) -> None:
    write_whole_folder(tmp_path / "one", two)

    write_whole_folder(tmp_path / "one", lambda folder: write_text(folder / "c", "3"))

    assert [path.name for path in tmp_path.rglob("*")] == ["one", "c"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "cells" / "x" / ".part-1").mkdir(parents=True)
    (tmp_path / "cells" / "x" / ".part-1" / "a.wav").write_text("")
    (tmp_path / ".part-2.json").write_text("")
    (tmp_path / "cells" / "whole").write_text("")

    remove_unfinished(tmp_path)

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["cells", "whole", "x"]
