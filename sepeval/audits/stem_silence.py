"""Stems that hold nothing, or almost nothing, and how often the others rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Split, Stem, audit
from sepeval.results.words import several

_FAINT_DB = -60.0  # dBFS, RMS over the whole track


@audit("empty_stems", of="splits", pitfalls=("P1", "P6", "P10"))
def empty_stems(split: Split) -> Iterator[Finding]:
    """Which stems have a file and no sound?"""
    rows: list[Mapping[str, Plain]] = []
    for survey in split.surveys:
        for name, stem in survey.stems.items():
            level = _level_db(stem)
            if level < _FAINT_DB:
                shown = level if np.isfinite(level) else None
                rows.append({"track": survey.track, "stem": name, "rms_dbfs": shown})
    if rows:
        exact = sum(row["rms_dbfs"] is None for row in rows)
        yield Finding(
            audit="empty_stems",
            severity="warning",
            subject=split.name,
            message=(
                f"{several(exact, 'stems are')} "
                f"exactly zero from start to end, and {len(rows) - exact} lie "
                f"below {_FAINT_DB:.0f} dBFS all along. Rules for silence tell the two apart: "
                "museval drops the first kind for all stems and scores the second."
            ),
            evidence=tuple(rows),
            way_out="treat such a stem as absent, by a level and not by exact zeros",
        )


@audit("stem_activity", of="splits", pitfalls=("P1", "P8", "P9", "P10"))
def stem_activity(split: Split) -> Iterator[Finding]:
    """How often does each stem rest, by the rules of the papers?"""
    surveys = [survey for survey in split.surveys if not survey.error]
    for name in split.index.stems if surveys else ():
        stems = {survey.track: survey.stems[name] for survey in surveys if name in survey.stems}
        if not stems:
            continue
        rules: dict[str, list[int]] = {}
        for stem in stems.values():
            for one in stem.activity:
                known = rules.setdefault(one.rule, [0, 0])
                known[0], known[1] = known[0] + one.silent, known[1] + one.windows
        shares = {rule: silent / n for rule, (silent, n) in rules.items() if n}
        if not any(shares.values()):
            continue
        seconds = sum(_zeros_s(stem, split, track) for track, stem in stems.items())
        rows: list[Mapping[str, Plain]] = [
            {"rule": rule, "silent": rules[rule][0], "windows": rules[rule][1], "share": share}
            for rule, share in shares.items()
        ]
        worst = sorted(stems.items(), key=lambda one: -one[1].activity[0].silent)
        rows += [
            {"track": track, "silent": stem.activity[0].silent, "windows": stem.activity[0].windows}
            for track, stem in worst
            if stem.activity[0].silent
        ]
        least, most = (f"{100 * one(shares.values()):.1f}" for one in (min, max))
        between = least if least == most else f"{least} to {most}"
        yield Finding(
            audit="stem_activity",
            severity="note",
            subject=split.name,
            where=name,
            message=(
                f"{name} is silent in {between} % of windows, by the rule; exact "
                f"zeros make up {seconds:.0f} s. What a mean says of {name} depends on whether "
                "these windows are scored."
            ),
            evidence=tuple(rows),
            way_out="state the rule with its threshold in dBFS, and the share of windows left out",
        )


def _level_db(stem: Stem) -> float:
    mean = float(stem.levels.energy.sum()) / (stem.levels.length * len(stem.levels.energy))
    return 10.0 * float(np.log10(mean)) if mean > 0 else -np.inf


def _zeros_s(stem: Stem, split: Split, track: str) -> float:
    rate = next(one.rate for one in split.index.tracks if one.id == track)
    return float(stem.levels.zeros.min()) / rate
