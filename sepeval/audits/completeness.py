"""Whether the tracks found are those that the split is known to have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sepeval.audits.base import Finding, Plain, Split, audit
from sepeval.datasets.official import slakh2100
from sepeval.types import Track

_FOLDERS = ("train", "validation", "test", "omitted")
_SLAKH = ("slakh2100", "slakh2100_22050")


@audit("completeness", of="splits")
def completeness(split: Split) -> Iterator[Finding]:
    """Are all tracks of the split there?"""
    index = split.index
    if index.is_complete:
        return
    yield Finding(
        audit="completeness",
        severity="error",
        subject=split.name,
        message=(
            f"{len(index.tracks)} tracks were found; the split has {index.expected}. A score over "
            "part of a split is not comparable with one over all of it."
        ),
        way_out="find the other tracks, or call the result a score over part of the split",
    )


@audit("misplaced_tracks", of="splits", pitfalls=("P31",))
def misplaced_tracks(split: Split) -> Iterator[Finding]:
    """Do the folders say the same as the official lists of Slakh2100?"""
    if split.layout not in _SLAKH or split.index.dataset == "synthetic":
        return
    rows: list[Mapping[str, Plain]] = []
    parents: set[Path] = set()
    for track in split.index.tracks:
        folder = _folder(track)
        if folder is None:
            continue
        parents.add(folder.parent)
        if folder.parent.name in _FOLDERS and folder.parent.name != split.index.split:
            rows.append({"track": track.id, "lies in": folder.parent.name})
    if rows:
        yield Finding(
            audit="misplaced_tracks",
            severity="warning",
            subject=split.name,
            where="other folders",
            message=(
                f"{len(rows)} tracks of this split lie in the folder of another one. A loader that "
                "goes by folders has another split than one that goes by the official list."
            ),
            evidence=tuple(rows),
            way_out="name the edition (orig, split2, redux), and move the tracks to its folders",
        )
    known = {name for names in slakh2100("orig").values() for name in names}
    strays = sorted(
        one.name
        for parent in parents
        for one in parent.iterdir()
        if one.is_dir() and one.name not in known and one.name not in _FOLDERS
    )
    if strays:
        yield Finding(
            audit="misplaced_tracks",
            severity="note",
            subject=split.name,
            where="unknown folders",
            message=(
                f"{len(strays)} folders beside the tracks are no tracks of Slakh2100. They are "
                "left out here; a loader that lists the directory takes them for tracks."
            ),
            evidence=tuple({"folder": name} for name in strays),
        )


def _folder(track: Track) -> Path | None:
    if track.mixture is not None:
        return track.mixture.path.parent
    files = [file.path for files in track.stems.values() for file in files]
    return files[0].parent if files else None
