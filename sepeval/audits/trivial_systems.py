"""Systems that do not separate, put into the same table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.undoing import SOUNDING
from sepeval.audits.base.unmixed import unmixed
from sepeval.summary import ALL
from sepeval.what_if import (
    TRIVIAL,
    Case,
    Key,
    Kind,
    Numbers,
    cases,
    masked,
    of_frames,
    scores,
    table,
)

_TOLD: Mapping[Kind, str] = {
    "zeros": "all zeros",
    "mixture": "the mixture",
    "mixture_over_n": "the mixture divided by the number of stems",
}
_LEAST_DB = 0.01  # as printed


@audit("trivial_systems", of="runs", pitfalls=("P2", "P3"))
def trivial_systems(runs: Runs) -> Iterator[Finding]:
    """Is a system beaten by silence, or by the mixture itself?

    Their statistics follow exactly from those of the references and the mixture, so that they
    stand in the same table without any audio. Scores of silent windows alone are not asked: they
    are the level of a leak, and to have none is right there. Nor are tracks in which the mixture is
    the reference, where handing it on is right: `nothing_to_separate` tells them.
    """
    for case in cases(runs.runs):
        alone = frozenset((one.track, one.stem) for one in unmixed(case.board.runs[0]))
        for kind in TRIVIAL:
            yield from _beaten(runs, case, kind, alone)


def _beaten(runs: Runs, case: Case, kind: Kind, alone: Set[tuple[str, str]]) -> Iterator[Finding]:
    sounding = {entry.name for entry in case.protocol.metrics if entry.where in SOUNDING}
    rows = [row for row in trivial_rows(case, kind, but=alone) if row["metric"] in sounding]
    names = {_TOLD[one] for one in TRIVIAL} | set(TRIVIAL)
    for metric in dict.fromkeys(str(row["metric"]) for row in rows):
        lost = [
            row
            for row in rows
            if row["metric"] == metric
            and float(str(row["behind_db"])) > _LEAST_DB
            and str(row["system"]) not in names
        ]
        if not lost:
            continue
        lost.sort(key=lambda row: (row["stem"] != ALL, -float(str(row["behind_db"]))))
        column = str(lost[0]["stem"])
        beaten = list(dict.fromkeys(str(row["system"]) for row in lost if row["stem"] == column))
        stems = list(dict.fromkeys(str(row["stem"]) for row in lost))
        yield Finding(
            audit="trivial_systems",
            severity="error",
            subject=runs.name,
            where=f"{case.board.title}, {metric}, {kind}",
            message=(
                f"A system whose every stem is {_TOLD[kind]} reaches "
                f"{float(str(lost[0]['trivial'])):.2f} {metric} in {column} and beats "
                f"{', '.join(beaten)}; it beats a system in {', '.join(stems)}"
            ),
            way_out=_way_out(case),
            effect_db=max(float(str(row["behind_db"])) for row in lost),
            effect_ranks=len(beaten),
            value=float(str(lost[0]["value"])),
            evidence=tuple(lost),
        )


def _way_out(case: Case) -> str:
    silent = any(frame["silent"].astype(bool).any() for frame in case.frames().values())
    if silent and case.protocol.silence.reference == "score":
        return "leave windows with a silent reference out, and show this system in the table"
    return (
        "show this system in the table; look at what it beats for swapped names, delays and levels"
    )


def trivial_rows(
    case: Case, kind: Kind, *, but: Set[tuple[str, str]] = frozenset()
) -> list[Mapping[str, Plain]]:
    """Return every number beside that of a system that does not separate.

    Args:
        case: a table.
        kind: of that system.
        but: tracks and stems whose scores are left out.
    """
    first = next(iter(case.systems.values()))
    beside = _table({kind: first._replace(kind=kind)}, case, but)[kind]
    known = {(row.summary, row.metric, row.stem): row.value for row in beside}
    rows: list[Mapping[str, Plain]] = []
    for system, own in _table(case.systems, case, but).items():
        for row in own:
            other = known.get((row.summary, row.metric, row.stem))
            if row.value is None or other is None:
                continue
            sign = 1.0 if case.board.higher_is_better[row.metric] else -1.0
            rows.append(
                {
                    "system": system,
                    "summary": row.summary,
                    "metric": row.metric,
                    "stem": row.stem,
                    "value": row.value,
                    "trivial": other,
                    "behind_db": sign * (other - row.value),
                }
            )
    return rows


def _table(systems: Mapping[str, Key], case: Case, but: Set[tuple[str, str]]) -> Numbers:
    if not but:
        return table(systems, case.protocol)
    frames = {}
    for name, key in systems.items():
        frame = scores(key, case.protocol)
        pairs = zip(frame["track"].astype(str), frame["stem"].astype(str), strict=True)
        frames[name] = frame[[pair not in but for pair in pairs]]
    shared = case.protocol.silence.mask == "shared" and len(frames) > 1
    return of_frames(masked(frames) if shared else frames, case.protocol)
