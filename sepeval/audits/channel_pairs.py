"""Stereo that is none: equal, opposite and empty channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Split, Stem, audit

_NOTHING = 1e-9  # of the energy: -90 dB


@audit("opposite_channels", of="splits", pitfalls=("P12",))
def opposite_channels(split: Split) -> Iterator[Finding]:
    """Which stems have channels that cancel?"""
    rows = [row for row in _rows(split) if row["channels"] == "opposite"]
    if rows:
        yield Finding(
            audit="opposite_channels",
            severity="warning",
            subject=split.name,
            message=(
                f"{len(rows)} stems are L = -R. museval takes a window for silent when the sum of "
                "the channels is zero, so it drops all windows of these stems, for all stems."
            ),
            evidence=tuple(rows),
            way_out="ask for silence on each channel, or leave the tracks out and say so",
        )


@audit("equal_channels", of="splits", pitfalls=("P23", "P24"))
def equal_channels(split: Split) -> Iterator[Finding]:
    """Which stems are mono in two channels, or on one side alone?"""
    rows = [row for row in _rows(split) if row["channels"] != "opposite"]
    if rows:
        equal = sum(row["channels"] == "equal" for row in rows)
        yield Finding(
            audit="equal_channels",
            severity="note",
            subject=split.name,
            message=(
                f"{equal} stems are L = R, and {len(rows) - equal} have one empty channel. On the "
                "latter a mean over channels and a joint energy differ by tens of dB."
            ),
            evidence=tuple(rows),
            way_out="state the channel rule of the metric",
        )


def _rows(split: Split) -> Iterator[Mapping[str, Plain]]:
    for survey in split.surveys:
        for name, stem in survey.stems.items():
            kind = _kind(stem)
            if kind:
                yield {"track": survey.track, "stem": name, "channels": kind}


def _kind(stem: Stem) -> str:
    energy = stem.levels.energy
    total = float(energy.sum())
    if len(energy) < 2 or total == 0:
        return ""
    if stem.together < _NOTHING * total:
        return "opposite"
    if stem.apart < _NOTHING * total:
        return "equal"
    return "one empty" if energy.min() < _NOTHING * total else ""
