"""One piece of music under two names: in the files, and by what the authors say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from sepeval.audits.base import PARTS, Finding, Plain, Split, Survey, audit
from sepeval.datasets.official import slakh2100, slakh2100_same_midi
from sepeval.kernels.signal_facts import likeness
from sepeval.kernels.signal_facts.likeness import FEWEST, comparable

# Likeness. Unrelated pieces of a minute stay below 0.15; of half a minute in one key, tempo and
# grid they reach 0.66.
_SAME_AUDIO, _ALIKE = 0.8, 0.7
_SLAKH = ("slakh2100", "slakh2100_22050")
_DEVELOPED_ON = ("train", "validation")


@audit("same_audio", of="splits", pitfalls=("P31", "P33"))
def same_audio(split: Split) -> Iterator[Finding]:
    """Which tracks are heard twice, in this split or in another?"""
    own = [survey for survey in split.surveys if len(survey.likeness)]
    yield from _too_short(split, own)
    found = list(_alike(own, own, split, split))
    yield from _finding(split, found, where="in this split")
    for other in split.others:
        theirs = [survey for survey in other.surveys if len(survey.likeness)]
        rows = list(_alike(own, theirs, split, other))
        yield from _finding(split, rows, where=f"and {other.name}")


def _too_short(split: Split, own: list[Survey]) -> Iterator[Finding]:
    """Yield how many tracks hold too little for their sound to be compared."""
    short = [one.track for one in own if comparable(one.likeness[0]) < FEWEST]
    if short and (len(own) > 1 or split.others):
        yield Finding(
            audit="same_audio",
            severity="note",
            subject=split.name,
            where="too short",
            message=(
                f"{len(short)} of {len(split.index.tracks)} tracks are too short, or too even, to "
                "be compared by their sound: of them only copies to the sample are found."
            ),
            evidence=tuple({"track": track} for track in short),
        )


def _alike(
    own: list[Survey], theirs: list[Survey], split: Split, other: Split
) -> Iterator[Mapping[str, Plain]]:
    if not own or not theirs:
        return
    beside = [one.likeness[0] for one in theirs]
    parts = [likeness([one.likeness[part] for one in own], beside) for part in range(PARTS)]
    alike = np.max(parts, axis=0)
    for place, one in enumerate(own):
        for column, two in enumerate(theirs):
            if split is other and column <= place:
                continue
            equal = one.digest == two.digest
            value = 1.0 if equal else float(alike[place, column])
            if value >= _ALIKE:
                kind = "audio" if value >= _SAME_AUDIO else "chords"
                yield {
                    "track": one.track,
                    "other": two.track,
                    "same": "samples" if equal else kind,
                    "likeness": value,
                }


def _finding(split: Split, rows: list[Mapping[str, Plain]], *, where: str) -> Iterator[Finding]:
    rows = sorted(rows, key=lambda row: -float(str(row["likeness"])))
    twice = tuple(row for row in rows if row["same"] != "chords")
    alike = tuple(row for row in rows if row["same"] == "chords")
    total = len(split.index.tracks)
    if twice:
        exact = sum(row["same"] == "samples" for row in twice)
        yield Finding(
            audit="same_audio",
            severity="error",
            subject=split.name,
            where=where,
            message=(
                f"{len({row['track'] for row in twice})} of {total} tracks are there twice: "
                f"{exact} pairs have the same samples, and {len(twice) - exact} sound the same."
            ),
            evidence=twice,
            way_out="leave one of each pair out of the test set, and say which",
        )
    if alike:
        low, high = (float(str(row["likeness"])) for row in (alike[-1], alike[0]))
        yield Finding(
            audit="same_audio",
            severity="note",
            subject=split.name,
            where=f"alike, {where}",
            message=(
                f"{len({row['track'] for row in alike})} of {total} tracks are like another in "
                f"their chords over time (likeness {low:.2f} to {high:.2f}; the same recording has "
                "1). Two renderings of one piece are, and so can two pieces of one pattern be."
            ),
            evidence=alike,
            way_out="listen to the pairs; see whether they were made from one score",
        )


@audit("same_stems", of="splits", pitfalls=("P31",))
def same_stems(split: Split) -> Iterator[Finding]:
    """Which files hold the same samples under two names?"""
    known: dict[str, list[tuple[str, str]]] = {}
    for survey in split.surveys:
        for sound in survey.sounds:
            if sound.levels.energy.any():
                name = (survey.track, sound.file.path.name)
                if name not in known.setdefault(sound.levels.digest, []) and sound.role == "stem":
                    known[sound.levels.digest].append(name)
    rows: list[Mapping[str, Plain]] = [
        {"track": one[0], "file": one[1], "other track": two[0], "other file": two[1]}
        for names in known.values()
        for one, two in combinations(names, 2)
    ]
    if rows:
        inside = sum(row["track"] == row["other track"] for row in rows)
        yield Finding(
            audit="same_stems",
            severity="error" if inside else "warning",
            subject=split.name,
            message=(
                f"{len(rows)} pairs of files hold the same samples, {inside} of them inside one "
                "track, where two stems then cannot be told apart."
            ),
            evidence=tuple(rows),
            way_out="copy the files again; a stem is there under the name of another",
        )


@audit("same_midi", of="splits", pitfalls=("P31",))
def same_midi(split: Split) -> Iterator[Finding]:
    """Which tracks of Slakh2100 share their MIDI file with data that systems are developed on?"""
    index = split.index
    edition = index.choices.get("edition")
    if split.layout not in _SLAKH or index.dataset == "synthetic":
        return
    if edition not in ("orig", "split2", "redux"):
        return
    lists = slakh2100(edition)
    member = {name: part for part, names in lists.items() for name in names}
    before = [part for part in _DEVELOPED_ON if part != index.split]
    if index.split == "train":
        return
    groups = {name: group for group in slakh2100_same_midi() for name in group}
    rows: list[Mapping[str, Plain]] = []
    for track in index.tracks:
        partners = [one for one in groups.get(track.id, ()) if member.get(one) in before]
        if partners:
            parts = sorted({member[one] for one in partners})
            rows.append(
                {"track": track.id, "shares with": ", ".join(partners), "in": ", ".join(parts)}
            )
    if rows:
        train = sum("train" in str(row["in"]) for row in rows)
        total = len(index.tracks)
        yield Finding(
            audit="same_midi",
            severity="warning",
            subject=split.name,
            message=(
                f"By the authors' list {train} of {total} tracks ({100 * train / total:.1f} %) are "
                f"another rendering of a MIDI file in train, and {len(rows)} "
                f"({100 * np.divide(len(rows), total):.1f} %) of one in {' or '.join(before)}. A "
                "system trained there has seen their notes."
            ),
            evidence=tuple(rows),
            way_out="report split2 or redux, or the mean over the other tracks beside it",
        )
