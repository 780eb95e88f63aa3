"""What a dataset adapter is, and the registry of adapters.

An adapter is a frozen, validated dataclass. Its fields are the root folder and every choice that
changes what a stem or a split is; choices have no defaults. It reads file names, metadata and
headers, and never samples.
"""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sepeval import audio
from sepeval.errors import DataError, UnknownNameError
from sepeval.patterns import is_of_system, is_shown, refuse_undecodable
from sepeval.registry import Registry, nearest
from sepeval.types import AudioFile, Index, Track

if TYPE_CHECKING:
    from pydantic import ValidationError


class Dataset(ABC):
    """A folder in a known layout.

    Attributes:
        summary: one line that says which layout is read.
        stems: the stems that a track can have, in the dataset's order.
    """

    summary: ClassVar[str]
    stems: ClassVar[tuple[str, ...]]

    @abstractmethod
    def splits(self) -> tuple[str, ...]:
        """Return the names of the splits, in the words of the dataset's authors."""

    @abstractmethod
    def index(self, split: str) -> Index:
        """Return the tracks of a split, sorted by id.

        A track whose files are damaged or disagree is in the index with its `fault`; so is one
        that lacks a stem, with the stem in `missing`.

        Raises:
            DataError: the root is no folder of this layout, or holds no track of the split.
            UnknownNameError: there is no such split.
        """


DATASETS: Registry[type[Dataset]] = Registry("sepeval.datasets", kind="dataset")


@dataclass(frozen=True)
class Selection(Dataset):
    """A dataset cut down to some of its tracks.

    Attributes:
        dataset: the whole dataset.
        tracks: ids of the tracks that stay. The index still says how many a complete split has.
    """

    summary: ClassVar[str] = "some tracks of another dataset"
    stems: ClassVar[tuple[str, ...]] = ()
    dataset: Dataset
    tracks: tuple[str, ...]

    def splits(self) -> tuple[str, ...]:
        """Return the splits of the whole dataset."""
        return self.dataset.splits()

    def index(self, split: str) -> Index:
        """Return the selected tracks of a split.

        Raises:
            DataError: the whole dataset raises it, or no selected track is in the split.
            UnknownNameError: there is no such split.
        """
        whole = self.dataset.index(split)
        kept = tuple(one for one in whole.tracks if one.id in self.tracks)
        if not kept:
            message = (
                f"{whole.dataset}/{split}: none of the {len(self.tracks)} selected tracks is among "
                f"its {len(whole.tracks)}"
            )
            raise DataError(message)
        return replace(whole, tracks=kept)


def track(
    name: str,
    *,
    split: str,
    stems: Mapping[str, tuple[AudioFile, ...]],
    mixture: AudioFile | None,
    fault: str = "",
) -> Track:
    """Return an indexed track from its files, with what their headers say.

    Args:
        name: the track's id.
        split: name of the split.
        stems: files of every stem that the dataset knows; an absent stem has none.
        mixture: the mixture file, or None where the mixture is the sum of the stems.
        fault: what the adapter found wrong, if anything; the files are then not opened.

    Returns:
        The track. A file that cannot be read, or differs from most of the others in rate or
        channel count, becomes its `fault`. Lengths may differ: how much is a protocol's matter.

    Raises:
        DataError: the name holds signs that no table can show.
    """
    _refuse_unseen(name)
    roles = [(file, f"stem {stem}") for stem, found in stems.items() for file in found]
    roles += [(mixture, "mixture")] if mixture else []
    missing = tuple(sorted(stem for stem, found in stems.items() if not found))
    where = f"track {name} of {split}"
    if not roles:
        return faulty_track(
            name, split=split, stems=tuple(stems), fault=fault or "holds no audio file"
        )
    whole = Track(name, split, 0, 0, 0, stems, mixture, missing)
    if fault:
        return replace(whole, fault=f"{where}: {fault}")
    headers: dict[str, audio.AudioInfo] = {}
    problems = []
    for file, role in roles:
        try:
            headers[f"{role}: {file}"] = audio.probe(file)
        except DataError as error:
            problems.append(f"{role}: {error}")
    formats = Counter((header.rate, header.channels) for header in headers.values())
    problems += [
        f"{place}: has {header.rate} Hz and {header.channels} channels; most files of the track "
        f"have {formats.most_common(1)[0][0][0]} Hz and {formats.most_common(1)[0][0][1]}"
        for place, header in headers.items()
        if (header.rate, header.channels) != formats.most_common(1)[0][0]
    ]
    if problems:
        return replace(whole, fault=f"{where}: {'; '.join(problems)}")
    rate, channels = formats.most_common(1)[0][0]
    length = max(header.length for header in headers.values())
    return replace(whole, rate=rate, channels=channels, length=length)


def faulty_track(name: str, *, split: str, stems: tuple[str, ...], fault: str) -> Track:
    """Return a track of which nothing is known but why it cannot be read."""
    _refuse_unseen(name)
    nothing: dict[str, tuple[AudioFile, ...]] = dict.fromkeys(stems, ())
    return Track(name, split, 0, 0, 0, nothing, None, (), f"track {name} of {split}: {fault}")


def _refuse_unseen(name: str) -> None:
    """Refuse a track whose name holds signs that no table can show."""
    if not is_shown(name):
        raise DataError(f"track {name!r}: the name holds signs that are not seen; rename it")


def unknown_split(dataset: str, split: str, known: tuple[str, ...]) -> UnknownNameError:
    """Return the error for a split that the dataset does not have, with the nearest names."""
    return UnknownNameError(f"{dataset}: no split is named {split!r}; {nearest(split, known)}")


def existing_folder(root: Path, *, what: str) -> Path:
    """Return `root` if it is a folder.

    Raises:
        DataError: it is not.
    """
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise DataError(f"{root}: expected the folder of {what}, found {found}")
    return root


def entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name, without what systems hide.

    Raises:
        DataError: the folder cannot be listed, or a name is not valid UTF-8.
    """
    try:
        found = sorted(one for one in folder.iterdir() if not is_of_system(one.name))
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed: {error.strerror}") from error
    for one in found:
        refuse_undecodable(one)
    return found


def located(root: Path, names: Collection[str], *, below: tuple[str, ...]) -> dict[str, list[Path]]:
    """Return where folders of these names lie: in the root, or in its folders named in `below`.

    Raises:
        DataError: a folder cannot be listed.
    """
    wanted = set(names)
    found: dict[str, list[Path]] = {}
    for parent in (root, *(root / one for one in below)):
        for one in entries(parent) if parent.is_dir() else []:
            if one.name in wanted and one.is_dir():
                found.setdefault(one.name, []).append(one)
    return dict(sorted(found.items()))


def contents(folder: Path) -> str:
    """Return the first names in a folder, for the end of a message ("found: bass.wav, ...")."""
    names = [one.name for one in entries(folder)]
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"found: {', '.join(names[:6]) or 'an empty folder'}{more}"


def explained(error: ValidationError) -> str:
    """Return the first problems of a metadata document, each with its field and what was found."""
    problems = error.errors(include_url=False)
    parts = [
        f"{'.'.join(str(step) for step in problem['loc']) or 'the document'}: {problem['msg']}, "
        f"found {reprlib.repr(problem['input'])[:60]}"
        for problem in problems[:4]
    ]
    return "; ".join(parts) + (f" and {len(problems) - 4} more" if len(problems) > 4 else "")
