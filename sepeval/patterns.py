"""Where the files of a track lie, as a pattern with `{track}`, `{stem}` or both.

A pattern is a path below a root folder, with `/` between folders, such as
`original/original_{stem}_{track}.wav` or `{track}/{stem}.flac`. The same text finds files and
makes their names.

Convention: a field stands for one or more characters of one file or folder name, never for a
`/`, and has the same value wherever it is repeated. A track may begin with dots; a stem that begins
a name does not, and what systems and tools hide (`.DS_Store`, `.git`, `._song.wav`) is never one of
either. Where a name can be read in several ways, `{stem}` is one of the stems
asked for, the longest that fits; without such a list the first field is as short as possible.
Capital letters count. A pattern without `{track}` is of one track, which is called as the root
folder is.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from sepeval.errors import DataError

_FIELDS = ("track", "stem")
_AUDIO = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3", ".m4a", ".mp4")
_LONGEST = 255  # bytes of a file's name on the usual file systems
_HIDDEN = (".DS_Store", ".git", ".svn", ".hg", ".Trash", ".cache", ".ipynb_checkpoints")
_HIDDEN_STARTS = ("._", ".part-", ".Spotlight-", ".fseventsd", ".Trash-", ".nfs")
_UNSEEN = ("Cc", "Cs")  # Unicode's categories of control signs and surrogates
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BRACES = re.compile(r"(\{[^{}]*\})")


class Match(NamedTuple):
    """A file that fits a pattern; `stem` is None where the pattern has no such field."""

    track: str
    stem: str | None
    path: Path


@dataclass(frozen=True)
class Pattern:
    """A path below a root folder, with the fields `{track}` and `{stem}`, both, one or none.

    Attributes:
        text: the pattern as written.

    Raises:
        DataError: the text leaves the root, is empty, has an unknown field, a stray brace, or two
            fields without text between them.

    Example:
        >>> pattern = Pattern("original/original_{stem}_{track}.wav")
        >>> pattern.path(Path("demo"), track="7", stem="bass").as_posix()
        'demo/original/original_bass_7.wav'
    """

    text: str

    def __post_init__(self) -> None:
        problems = "; ".join(_problems(self.text))
        if problems:
            example = "'{track}/{stem}.wav'"
            raise DataError(f"pattern {self.text!r}: {problems}; an example is {example}")

    @property
    def has_stem(self) -> bool:
        """True if each stem has its own file."""
        return "{stem}" in self.text

    @property
    def has_track(self) -> bool:
        """True unless the pattern is of a single track."""
        return "{track}" in self.text

    def path(self, root: Path, *, track: str, stem: str | None = None) -> Path:
        """Return where the file of a track is, whether it exists or not.

        Args:
            root: the folder that the pattern starts from.
            track: the track's id.
            stem: name of the stem; may be left out where the pattern has no `{stem}`.

        Raises:
            DataError: a value is empty or would leave its folder, or the stem is not given.
        """
        values = {"{track}": track, "{stem}": stem}

        def value(field: re.Match[str]) -> str:
            found = values[field.group()]
            if found is None:
                raise DataError(f"pattern {self.text!r}: needs a stem, and none was named")
            if not is_plain_name(found):
                message = (
                    f"pattern {self.text!r}: {found!r} cannot be a {field.group()[1:-1]}; "
                    "expected a name without / and \\"
                )
                raise DataError(message)
            return found

        return root / PurePosixPath(_BRACES.sub(value, self.text))

    def find(self, root: Path, *, stems: Sequence[str] | None = None) -> list[Match]:
        """Return the files that fit, sorted by track, stem and path.

        Args:
            root: the folder that the pattern starts from.
            stems: the values that `{stem}` may take; any value where None.

        Raises:
            DataError: the root is no folder, a folder cannot be listed, or a name that fits is no
                valid text.
        """
        if not root.is_dir():
            found = "a file" if root.exists() else "nothing"
            raise DataError(f"{root}: expected a folder to look for {self.text!r}, found {found}")
        levels = PurePosixPath(self.text).parts
        matches = [
            Match(fields.get("track", root.resolve().name), fields.get("stem"), path)
            for path, fields in _walk(root, levels, {}, stems)
        ]
        return sorted(matches, key=lambda one: (one.track, one.stem or "", one.path))


def is_plain_name(text: str) -> bool:
    """Return whether a text can be one file or folder name, so that it leads nowhere else.

    Example:
        >>> [is_plain_name(text) for text in ("S00", "..", "a/b", "")]
        [True, False, False, False]
    """
    leads_away = text in {"", ".", ".."} or bool(set(text) & set("/\\"))
    return not leads_away and is_shown(text) and len(text.encode()) <= _LONGEST


def is_shown(text: str) -> bool:
    """Return whether a name can be stored and printed: no control signs, no halves of characters.

    Signs that turn the direction of writing make a name look like another one.

    Example:
        >>> [is_shown(text) for text in ("Ünï - Song", f"a{chr(10)}b", chr(0xD800), chr(0x202E))]
        [True, False, False, False]
    """
    return not any(unicodedata.category(sign) in _UNSEEN or sign in _TURNS for sign in text)


def is_of_system(name: str) -> bool:
    """Return whether a name is of what systems and tools hide, which is no music.

    Example:
        >>> [is_of_system(name) for name in (".git", "._a.wav", "...And Justice for All")]
        [True, True, False]
    """
    return name in _HIDDEN or name.startswith(_HIDDEN_STARTS)


def unclaimed(root: Path, patterns: Sequence[str]) -> list[Path]:
    """Return the audio files that none of the patterns fits, whatever the stem, sorted.

    They are looked for below the folders that the first pattern spells out.

    Args:
        root: the folder that the patterns start from.
        patterns: that claim files.
    """
    claimed = {one.path for text in patterns for one in Pattern(text).find(root)}
    spelled = PurePosixPath(patterns[0].partition("{")[0] + "_").parent
    found = []
    for folder, folders, files in os.walk(root / spelled):
        folders[:] = [one for one in folders if not is_of_system(one)]
        paths = [Path(folder, one) for one in files if one.lower().endswith(_AUDIO)]
        found += [path for path in paths if path not in claimed and not is_of_system(path.name)]
    return sorted(found)


def _problems(text: str) -> list[str]:
    """Return what is wrong with a pattern, in words."""
    found = []
    windows = PureWindowsPath(text)
    if PurePosixPath(text).is_absolute() or windows.drive or windows.root:
        found.append("must be relative to the root folder")
    if ".." in windows.parts:
        found.append("must not leave the root folder by '..'")
    if "\\" in text:
        found.append("expected '/' between folders, found '\\'")
    fields = [part[1:-1] for part in _BRACES.findall(text)]
    found += [
        f"unknown field {{{field}}}, expected {{track}} or {{stem}}"
        for field in dict.fromkeys(fields)
        if field not in _FIELDS
    ]
    if re.search(r"[{}]", _BRACES.sub("", text)):
        found.append("has a brace without its partner")
    if not text:
        found.append("is empty")
    if "}{" in text:
        found.append("needs some text between two fields")
    return found


def _walk(
    folder: Path, levels: tuple[str, ...], known: dict[str, str], stems: Sequence[str] | None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield the files below `folder` that fit, with the values of their fields."""
    level, *deeper = levels
    if "{" not in level:
        entries: Iterable[Path] = [folder / level]
    else:
        entries = _entries(folder)
    name = re.compile(_expression(level, known, stems))
    for entry in entries:
        match = name.fullmatch(entry.name)
        hidden = "{" in level and is_of_system(entry.name)
        if match is None or hidden or not (entry.is_dir() if deeper else entry.is_file()):
            continue
        refuse_undecodable(entry)
        fields = known | match.groupdict()
        if deeper:
            yield from _walk(entry, tuple(deeper), fields, stems)
        else:
            yield entry, fields


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed: {error.strerror}") from error


def _expression(level: str, known: dict[str, str], stems: Sequence[str] | None) -> str:
    """Return the regular expression of one file or folder name."""
    bound: set[str] = set()
    parts = []
    for part in _BRACES.split(level):
        field = part[1:-1]
        if part not in {"{track}", "{stem}"}:
            parts.append(re.escape(part))
        elif field in known:
            parts.append(re.escape(known[field]))
        elif field in bound:
            parts.append(f"(?P={field})")
        else:
            bound.add(field)
            parts.append(f"(?P<{field}>{_values(field, stems)})")
    no_dot = r"(?!\.)" if level.startswith("{stem}") else ""
    return f"(?s:{no_dot}{''.join(parts)})"


def _values(field: str, stems: Sequence[str] | None) -> str:
    if field == "track" or stems is None:
        return ".+?"
    return "|".join(re.escape(stem) for stem in sorted(stems, key=len, reverse=True)) or r"(?!)"


def refuse_undecodable(entry: Path) -> None:
    """Refuse a file whose name no table of results could hold.

    Raises:
        DataError: the name is not valid UTF-8.
    """
    try:
        entry.name.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{str(entry)!r}: the name is not valid UTF-8; rename it") from error


def detect(root: Path, *, stems: Sequence[str]) -> str:
    """Return the pattern by which a folder holds one file per track and stem.

    Known layouts are `{track}/{stem}.wav` and `{stem}/{track}.wav`, names that join the two by
    `_` or `-` in either order, `{stem}.wav` for a single track, and the same in FLAC.

    Args:
        root: the folder.
        stems: the stems that are looked for; files of other names do not count.

    Raises:
        DataError: no layout fits, or several do equally well.
    """
    names = ("{track}/{stem}", "{stem}/{track}", *(f"{{track}}{sign}{{stem}}" for sign in "_-"))
    names += (*(f"{{stem}}{sign}{{track}}" for sign in "_-"), "{stem}")
    patterns = [f"{name}.{ending}" for name in names for ending in ("wav", "flac")]
    found = {text: len(Pattern(text).find(root, stems=stems)) for text in patterns}
    best = max(found.values())
    fits = [text for text, count in found.items() if count == best]
    if best == 0:
        message = (
            f"{root}: no file is named after {', '.join(stems)} in a known layout "
            f"({', '.join(names[:2])}, ...); say how it is laid out with a pattern such as "
            "'{track}/{stem}.wav'"
        )
        raise DataError(message)
    if len(fits) > 1:
        message = f"{root}: {' and '.join(fits)} fit equally well ({best} files); name the pattern"
        raise DataError(message)
    return fits[0]
