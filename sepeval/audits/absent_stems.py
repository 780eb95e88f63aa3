"""Stems that a track does not have, and sources that were never made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Split, audit
from sepeval.errors import DataError
from sepeval.texts import read_yaml
from sepeval.types import Track

_SLAKH = ("slakh2100", "slakh2100_22050")  # where tracks without a stem are part of the dataset


@audit("absent_stems", of="splits", pitfalls=("P1", "P43"))
def absent_stems(split: Split) -> Iterator[Finding]:
    """Which tracks lack a stem?"""
    tracks = [track for track in split.index.tracks if not track.fault]
    for stem in split.index.stems:
        without = [track for track in tracks if stem in track.missing]
        if without:
            share = len(without) / len(tracks)
            yield Finding(
                audit="absent_stems",
                severity="note" if split.layout in _SLAKH else "warning",
                subject=split.name,
                where=stem,
                message=(
                    f"{len(without)} of {len(tracks)} tracks ({100 * share:.1f} %) have no {stem}. "
                    "A protocol that takes an absent stem for silence scores it in every window; "
                    "one that leaves it out has fewer tracks for this stem than for others."
                ),
                evidence=tuple({"track": track.id, "stem": stem} for track in without),
                way_out="say which of the two it was, and give the number of tracks for each stem",
            )


@audit("never_rendered", of="splits", pitfalls=("P43",))
def never_rendered(split: Split) -> Iterator[Finding]:
    """Which sources of Slakh2100 have metadata and no audio?"""
    if split.layout != "slakh2100":
        return
    rows: list[Mapping[str, Plain]] = []
    for track in split.index.tracks:
        rows += _unrendered(track)
    if rows:
        tracks = len({row["track"] for row in rows})
        lost = [row for row in rows if row["leaves"] == "no stem"]
        yield Finding(
            audit="never_rendered",
            severity="warning" if lost else "note",
            subject=split.name,
            message=(
                f"{len(rows)} sources in {tracks} of {len(split.index.tracks)} tracks were never "
                f"rendered; {len(lost)} of them would be the only source of a stem."
            ),
            evidence=tuple(sorted(rows, key=lambda row: row["leaves"] != "no stem")),
            way_out="count such a stem as absent, and name the tracks" if lost else "",
        )


def _unrendered(track: Track) -> Iterator[Mapping[str, Plain]]:
    if track.mixture is None:
        return
    path = track.mixture.path.parent / "metadata.yaml"
    document = read_yaml(path, error=DataError)
    found = document.get("stems") if isinstance(document, dict) else None
    sources = {str(name): one for name, one in found.items()} if isinstance(found, dict) else {}
    for name, source in sorted(sources.items(), key=lambda item: item[0]):
        if isinstance(source, dict) and source.get("audio_rendered") is False:
            kind = "drums" if source.get("is_drum") else str(source.get("inst_class", "")).lower()
            yield {
                "track": track.id,
                "source": name,
                "class": str(source.get("inst_class", "")),
                "leaves": "no stem" if kind in track.missing else "",
            }
