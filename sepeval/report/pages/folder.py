"""The files of a report. What an earlier report left in the same folder does not stay there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sepeval.store.files import write_text, write_whole

_CONTENTS = "contents.json"


class Folder:
    """Collects what is written, and at the end deletes what an earlier report wrote and this not.

    Args:
        path: of the report; it is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: set[str] = set()

    def text(self, name: str, content: str) -> None:
        """Write a text file, by its path inside the report.

        Raises:
            StoreError: it cannot be written.
        """
        write_text(self.path / name, content)
        self.note(name)

    def bytes(self, name: str, content: bytes) -> None:
        """Write a file of bytes.

        Raises:
            StoreError: it cannot be written.
        """
        self.made(name, lambda path: _put(path, content))

    def made(self, name: str, make: Callable[[Path], None]) -> None:
        """Let a function make a file, which gets its name when it is whole.

        Raises:
            StoreError: it cannot be written.
        """
        write_whole(self.path / name, make)
        self.note(name)

    def note(self, name: str) -> None:
        """Take a file that lies in the folder already as part of the report."""
        self._written.add(name)

    def finish(self) -> None:
        """Write the list of files, and delete those that only the last list has.

        Raises:
            StoreError: the list cannot be written.
        """
        for name in sorted(_listed(self.path / _CONTENTS) - self._written):
            old = self.path / name
            if old.is_file() and not old.is_symlink():
                old.unlink()
                _remove_empty(old.parent, self.path)
        content = json.dumps(sorted(self._written), indent=0, ensure_ascii=False)
        write_text(self.path / _CONTENTS, content + "\n")


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _listed(path: Path) -> set[str]:
    """Return the files of an earlier report; paths that lead out of the folder are not followed."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no earlier report, or none that can be trusted
        return set()
    names = {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()
    inside = (PurePosixPath(name) for name in names)
    return {str(one) for one in inside if not one.is_absolute() and ".." not in one.parts}


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
