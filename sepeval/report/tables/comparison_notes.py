"""What a comparison tells beside its numbers: how they were made, how sure, and who is left out."""

from __future__ import annotations

import math

from sepeval.compare import Comparison
from sepeval.kernels.significance import WORTH
from sepeval.results.words import count_of

_COARSE = 0.01  # least p-value that is told
_NARROW = 10  # tracks, from which BCa intervals of 95 % hold the true mean in 91 %, simulated
_MEAN = ("mean over standard deviation", "sign-flip test of the mean of", "Wilcoxon's")
_MEDIAN = (
    "median over scaled median absolute deviation",
    "Wilcoxon's signed-rank test, as the table takes a median over tracks, of",
    "the sign-flip test's",
)  # effect, test, and what the CSV has besides


def notes(found: Comparison) -> tuple[str, ...]:
    """Return what the columns are, what was tested, and what is left out, as sentences."""
    share = f"{100 * found.confidence:g} %"
    size, test, other = _MEAN if found.by == "mean" else _MEDIAN
    notes = [
        f"value, difference: of the table's numbers over the tracks that all systems "
        f"{'here ' if found.lacking else ''}have ({count_of(found.tracks, 'track')} at most); "
        "the table shows each system over its own",
        f"interval: {share}, BCa bootstrap over tracks, {found.draws} resamples shared by all "
        f"systems and stems, seed {found.seed}",
        f"effect: {size} of the tracks' differences; w/t/l: tracks won, tied (within "
        f"1e{round(math.log10(WORTH))} of the score), lost; needed: tracks like these that "
        "would show the difference with power 0.8",
        f"p: {test} the tracks' differences; p Holm: corrected for all {found.tests} tests; "
        f"{other} is in the CSV",
    ]
    if any(one.effect is not None and math.isinf(one.effect) for one in found.differences):
        notes.append("an effect of inf: the tracks' differences have no spread")
    if not found.alike:
        notes.append(
            "value, difference and interval weigh a track by its windows, as the table does; "
            "effect, w/t/l, needed and p take all tracks alike, so the two can disagree"
        )
    return (*notes, *_coarseness(found), *absent(found))


def compared_stems(found: Comparison) -> tuple[str, ...]:
    """Return the stems, and All, of which something is compared."""
    known = {one.stem for one in found.differences if one.tracks}
    return tuple(dict.fromkeys(one.stem for one in found.differences if one.stem in known))


def bounding(found: Comparison) -> str:
    """Return what keeps p-values from being less than `least_p`: tracks, or draws."""
    return count_of(found.tracks, "track") if found.is_exact else f"{found.draws} draws"


def absent(found: Comparison) -> list[str]:
    """Return who has no value, and so is left out of what, one phrase each."""
    of_system: dict[str, list[str]] = {}
    for stem, names in found.lacking.items():
        for name in [found.baseline] if found.baseline in names else names:
            of_system.setdefault(name, []).append(stem)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, stems in of_system.items():
        alike.setdefault(tuple(stems), []).append(name)
    notes = []
    for shared, systems in alike.items():
        has, ends = ("has", "is left out") if len(systems) == 1 else ("have", "are left out")
        if systems == [found.baseline]:
            ends = "is the baseline, so nothing is compared"
        told = f"{', '.join(systems)} {has} no finite value of {', '.join(shared)}"
        notes.append(f"{told} and {ends} there")
    known = {*compared_stems(found), *found.lacking}
    empty = dict.fromkeys(one.stem for one in found.differences if one.stem not in known)
    if empty:
        notes.append(
            f"no track has values of all systems, so nothing is compared: {', '.join(empty)}"
        )
    return notes


def _coarseness(found: Comparison) -> list[str]:
    """Return what so few tracks do to intervals and p-values."""
    fewest = min(one.tracks for one in found.differences if one.tracks)
    told = []
    if fewest < 2:
        told.append("one track says nothing of others: it has no interval")
    if fewest < _NARROW and found.tracks > 1:
        told.append(
            f"with fewer than {_NARROW} tracks the interval is too narrow: 95 % intervals of "
            "the mean of 3, 5 and 8 normal differences hold the true one in 72, 85 and 87 %"
        )
    if found.least_p > _COARSE:
        told.append(f"{bounding(found)} let no p Holm be less than {found.least_p:.2g}")
    return told
