"""Which JSON files belong to which system, by where they lie.

<track>.json                                   one file
<folder>/<track>.json                          one system
<system>/{train,test}/<track>.json             one system, as museval writes it
[submissions/]<system>/{train,test}/<track>.json   a campaign
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sepeval.errors import DataError

_SPLITS = ("train", "test")
UNNAMED = "unnamed"  # split of files that lie in no folder `train` or `test`


class System(NamedTuple):
    """The files of one system on one split.

    Attributes:
        name: of its folder.
        split: `train`, `test` or `unnamed`.
        files: one per track, sorted.
    """

    name: str
    split: str
    files: tuple[Path, ...]


def systems(path: Path) -> tuple[System, ...]:
    """Return the systems whose files lie at a path, sorted by name.

    Raises:
        DataError: there are none, or a name cannot be shown.
    """
    if path.is_file():
        return (_named(path.parent, (path,)),)
    if not path.is_dir():
        raise DataError(f"{path}: is no file and no folder")
    found = _of_one(path)
    if not found:
        inside = path / "submissions" if (path / "submissions").is_dir() else path
        folders = sorted(one for one in inside.iterdir() if one.is_dir())
        found = tuple(system for folder in folders for system in _of_one(folder))
    if not found:
        message = (
            f"{path}: holds no JSON files; expected <track>.json, {{train,test}}/<track>.json or "
            "<system>/{train,test}/<track>.json"
        )
        raise DataError(message)
    return found


def _of_one(folder: Path) -> tuple[System, ...]:
    direct = _files(folder)
    below = [one for one in (folder / split for split in _SPLITS) if one.is_dir() and _files(one)]
    if direct and below:
        names = ", ".join(one.name for one in below)
        raise DataError(f"{folder}: holds JSON files itself and in {names}; name one of them")
    if direct:
        return (_named(folder, direct),)
    return tuple(_named(one, _files(one)) for one in below)


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(
        sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() == ".json" and not path.name.startswith(".")
        )
    )


def _named(folder: Path, files: tuple[Path, ...]) -> System:
    here = folder.resolve()
    split = here.name if here.name in _SPLITS else UNNAMED
    name = here.name if split == UNNAMED else here.parent.name
    for text in (name, *(path.stem for path in files)):
        if not text.isprintable():
            raise DataError(f"{folder}: the name {text!r} cannot be shown; rename the file")
    tracks = [path.stem for path in files]
    twice = sorted({track for track in tracks if tracks.count(track) > 1})
    if twice:
        raise DataError(f"{folder}: two files are of track {twice[0]!r}")
    return System(name or UNNAMED, split, files)
