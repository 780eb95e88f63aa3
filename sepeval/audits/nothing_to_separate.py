"""Runs in which a mixture is its stem, and what no longer says anything then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sepeval.audits.base import Finding, Runs, audit
from sepeval.audits.base.unmixed import always_infinite, unmixed
from sepeval.store import Run
from sepeval.what_if import data_of


@audit("nothing_to_separate", of="runs", pitfalls=("P3", "P17"))
def nothing_to_separate(runs: Runs) -> Iterator[Finding]:
    """Is a mixture the reference itself, or is there one stem alone?

    Told once for all runs on the same audio. The better number needs a mixture that holds more.
    """
    alike: dict[str, list[Run]] = {}
    for run in runs.runs:
        alike.setdefault(data_of(run), []).append(run)
    for group in alike.values():
        found = list(unmixed(group[0]))
        told = []
        if found:
            stems = ", ".join(dict.fromkeys(one.stem for one in found))
            tracks = len({one.track for one in found})
            told.append(
                f"In {tracks} of {len(group[0].manifest.tracks)} tracks the mixture is the "
                f"reference of {stems}: to hand it on is perfect, so no system is held against the "
                "mixture there, and an improvement over it is none."
            )
        lone = _lone(group)
        if lone:
            told.append(f"Under {', '.join(lone)} one stem is scored, so SIR is infinite.")
        if told:
            yield Finding(
                audit="nothing_to_separate",
                severity="note",
                subject=Runs(tuple(group)).name,
                where=f"{group[0].manifest.dataset}/{group[0].manifest.split}",
                message=" ".join(told),
                evidence=tuple(one._asdict() for one in found),
                way_out="give the mixture that the separator heard, and all stems beside it",
            )


def _lone(runs: Sequence[Run]) -> list[str]:
    """Return the protocols that give SIR to one stem alone."""
    return list(
        dict.fromkeys(
            name
            for run in runs
            for name in run.manifest.protocols
            if always_infinite(run.protocol(name))
        )
    )
