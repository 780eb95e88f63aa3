"""Rates, channels, lengths and bits that differ inside a track or a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Split, Survey, audit

_TOLERATED_S = 0.1  # what the evaluation code of multi-source diffusion models accepts


@audit("formats", of="splits", pitfalls=("P37",))
def formats(split: Split) -> Iterator[Finding]:
    """Do all tracks have one rate, one channel count and one sample format?"""
    tracks = [track for track in split.index.tracks if not track.fault]
    rates = Counter(f"{track.rate} Hz, {track.channels} channels" for track in tracks)
    bits = Counter(
        _format(int(sound.levels.bits.max()))
        for survey in split.surveys
        for sound in survey.sounds
        if sound.levels.energy.any()
    )
    for what, found in (("rate or channels", rates), ("sample format", bits)):
        if len(found) > 1:
            words = "; ".join(f"{kind}: {count}" for kind, count in found.most_common())
            yield Finding(
                audit="formats",
                severity="warning",
                subject=split.name,
                where=what,
                message=(
                    f"The {'tracks' if found is rates else 'files'} differ in {what}: {words}. "
                    "Thresholds for silence, eps and rounding then mean another thing from track "
                    "to track."
                ),
                evidence=tuple({"format": kind, "count": n} for kind, n in found.most_common()),
                way_out="bring all files to one format before anything is scored",
            )


@audit("unequal_lengths", of="splits", pitfalls=("P19", "P37"))
def unequal_lengths(split: Split) -> Iterator[Finding]:
    """Which tracks have files of different lengths?"""
    rows = [row for survey in split.surveys for row in _spread(survey)]
    rows.sort(key=lambda row: -float(str(row["difference_s"])))
    if rows:
        worst = float(str(rows[0]["difference_s"]))
        yield Finding(
            audit="unequal_lengths",
            severity="warning" if worst > _TOLERATED_S else "note",
            subject=split.name,
            message=(
                f"In {len(rows)} of {len(split.surveys)} tracks the files have different lengths, "
                f"by up to {worst:.3f} s. Cutting to the shortest and padding to the longest give "
                "different scores; published code refuses more than 0.1 s."
            ),
            evidence=tuple(rows),
            way_out="find out which file is cut or late; state the rule that brings them to one",
        )


def _spread(survey: Survey) -> Iterator[Mapping[str, Plain]]:
    if not survey.sounds:
        return
    lengths = {sound.file: sound.levels.length / sound.rate for sound in survey.sounds}
    shortest = min(lengths, key=lambda file: lengths[file])
    difference = max(lengths.values()) - lengths[shortest]
    if difference > 0:
        yield {
            "track": survey.track,
            "shortest": shortest.path.name,
            "shortest_s": lengths[shortest],
            "difference_s": difference,
        }


def _format(bits: int) -> str:
    return f"{bits} bit" if bits else "finer than 24 bit"
