"""Coded copies beside the uncoded set: MUSDB18 and MUSDB18-HQ in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sepeval.audits.base import Finding, Plain, Split, audit
from sepeval.results.words import several
from sepeval.types import Track

_ENDING = ".stem.mp4"


@audit("coded_copies", of="splits", pitfalls=("P36",))
def coded_copies(split: Split) -> Iterator[Finding]:
    """Does the same track lie there as AAC and as WAV?"""
    rows: list[Mapping[str, Plain]] = []
    for track in split.index.tracks:
        other = _other_copy(track)
        if other is not None:
            rows.append({"track": track.id, "other copy": other.name})
    if rows:
        is_coded = split.layout == "musdb18"
        read, beside = ("AAC", "WAV") if is_coded else ("WAV", "AAC")
        yield Finding(
            audit="coded_copies",
            severity="warning",
            subject=split.name,
            message=(
                f"{several(len(rows), 'tracks lie')} "
                f"there twice, as {read}, which is read here, and as "
                f"{beside}. The references differ above 16 kHz, and the authors ask not to compare "
                "scores on MUSDB18 with scores on MUSDB18-HQ."
            ),
            evidence=tuple(rows),
            way_out="keep the two sets in two folders, and name the one that was used",
        )


def _other_copy(track: Track) -> Path | None:
    if track.mixture is None:
        return None
    path = track.mixture.path
    if path.name.endswith(_ENDING):
        folder = path.with_name(path.name.removesuffix(_ENDING))
        return folder if (folder / "mixture.wav").is_file() else None
    coded = path.parent.parent / f"{path.parent.name}{_ENDING}"
    return coded if coded.is_file() else None
