"""Stereo that is none: equal, opposite and empty channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Split, Stem, audit
from sepeval.results.words import several

_NOTHING = 1e-9  # of the energy: -90 dB
_ABOVE = 1e4  # energy over that of a step on every sample: 40 dB


@audit("opposite_channels", of="splits", pitfalls=("P12",))
def opposite_channels(split: Split) -> Iterator[Finding]:
    """Which stems have channels that cancel?"""
    rows = [row for row in _rows(split) if row["channels"] == "opposite"]
    if rows:
        rounded = sum(not row["exact"] for row in rows)
        told = f", {rounded} of them up to the rounding of their files" if rounded else ""
        yield Finding(
            audit="opposite_channels",
            severity="warning",
            subject=split.name,
            message=(
                f"{several(len(rows), 'stems are')} "
                f"L = -R{told}. museval takes a window for silent when the "
                "sum of the channels is zero, so it drops all windows of a stem whose channels "
                "cancel exactly, for all stems; what rounding leaves of the sum it scores."
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
                f"{several(equal, 'stems are')} "
                f"L = R, and {len(rows) - equal} have one empty channel. On the "
                "latter a mean over channels and a joint energy differ by tens of dB."
            ),
            evidence=tuple(rows),
            way_out="state the channel rule of the metric",
        )


def _rows(split: Split) -> Iterator[Mapping[str, Plain]]:
    for survey in split.surveys:
        for name, stem in survey.stems.items():
            kind = _kind(stem)
            exact = not (stem.together if kind == "opposite" else stem.apart)
            if kind:
                yield {"track": survey.track, "stem": name, "channels": kind, "exact": exact}


def _kind(stem: Stem) -> str:
    energy = stem.levels.energy
    total = float(energy.sum())
    if len(energy) < 2 or total == 0:
        return ""
    rounding = _rounding(stem)
    if stem.together <= max(_NOTHING * total, rounding):
        return "opposite"
    if stem.apart <= max(_NOTHING * total, rounding):
        return "equal"
    return "one empty" if energy.min() < _NOTHING * total else ""


def _rounding(stem: Stem) -> float:
    """Return the energy of one step on every sample, where the stem stands far above its steps."""
    bits = int(stem.levels.bits.max())
    if not bits:
        return 0.0
    energy = stem.levels.length * 2.0 ** (2 - 2 * bits)
    return energy if float(stem.levels.energy.sum()) > _ABOVE * energy else 0.0
