"""Which windows one signal's silence takes away from the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sepeval.audits.base import Finding, Plain, Runs, Severity, audit
from sepeval.protocol import Protocol
from sepeval.results.words import several
from sepeval.summary import ALL
from sepeval.types import Status
from sepeval.what_if import (
    Case,
    Comparison,
    Sheet,
    cases,
    changed_silence,
    masked,
    of_frames,
    scores,
    sheets,
)

_LEAST_DB = 0.05


@audit("joint_blanking", of="runs", pitfalls=("P10",))
def joint_blanking(runs: Runs) -> Iterator[Finding]:
    """Does a silent stem take its window away from stems that sound?"""
    for case in cases(runs.runs):
        rule = case.protocol.silence
        if rule.reference == "score":
            continue
        other = "score" if rule.other == "leave_out" else "leave_out"
        told = {
            "score": "What is silent, reference or estimate, takes its window from all stems; if "
            "its stem alone lost it",
            "leave_out": "What is silent, reference or estimate, takes its window from its stem "
            "at most; if all stems lost it",
        }
        yield from _found(
            runs,
            case,
            "joint_blanking",
            changed_silence(case.protocol, other=other),
            told[other],
            "state the rule; count the windows that are left, per stem",
        )


@audit("few_active", of="runs", pitfalls=("P20",))
def few_active(runs: Runs) -> Iterator[Finding]:
    """Does the filter of windows, or of segments, with few active stems decide a number?"""
    for case in cases(runs.runs):
        least = 0 if case.protocol.silence.min_active else 2
        variant = changed_silence(case.protocol, min_active=least)
        segments = case.protocol.segments
        if segments is not None and segments.min_active:
            changed = segments.model_copy(update={"min_active": 0})
            variant = case.protocol.model_copy(update={"segments": changed})
        told = "without the filter of windows with few active references"
        if least and variant.segments == segments:
            told = "if windows with fewer than two active references were left out"
        yield from _found(
            runs, case, "few_active", variant, told[0].upper() + told[1:], "state the filter"
        )


@audit("silent_estimates", of="runs", pitfalls=("P2", "P11"))
def silent_estimates(runs: Runs) -> Iterator[Finding]:
    """What becomes of windows in which an estimate is silent and its reference is not?

    Where both are silent, `silent_windows` tells it.
    """
    for case in cases(runs.runs):
        told = {
            "score": "Silent estimates of references that sound are scored; if their windows were "
            "left out",
            "leave_out": "A silent estimate removes its own window; if it were scored where the "
            "reference sounds",
        }
        yield from _told(
            runs,
            case,
            "silent_estimates",
            _misses(case),
            told[case.protocol.silence.estimate],
            "count silent estimates of active references; a system must not choose its windows",
        )


def _misses(case: Case) -> Comparison | None:
    """Return what the other rule does where an estimate is silent and its reference is not.

    None where there is no such window.
    """
    rules = [changed_silence(case.protocol, estimate=one) for one in ("score", "leave_out")]
    pairs = {name: [scores(key, one) for one in rules] for name, key in case.systems.items()}
    silent = str(Status.SILENT_ESTIMATE)
    other, missed = {}, False
    for name, (scored, left) in pairs.items():
        if len(scored) != len(left):
            return None
        quiet = left["status"].astype(str) == silent
        resting = quiet & left["silent"].astype(bool)
        missed |= bool((quiet & ~resting).any())
        now, then = (scored, left) if case.protocol.silence.estimate == "score" else (left, scored)
        changed = then.astype({"status": str})
        columns = ["status", "value"]
        changed.loc[resting, columns] = now.astype({"status": str}).loc[resting, columns]
        other[name] = changed
    if not missed:
        return None
    shared = case.protocol.silence.mask == "shared" and len(other) > 1
    numbers = of_frames(masked(other) if shared else other, case.protocol)
    return case.board.compare(case.numbers, numbers)


@audit("channels_in_opposition", of="runs", pitfalls=("P12",))
def channels_in_opposition(runs: Runs) -> Iterator[Finding]:
    """Are there stereo signals that count as silent because their channels cancel?"""
    for case in cases(runs.runs):
        if case.protocol.silence.rule != "zero_channel_sum":
            continue
        yield from _found(
            runs,
            case,
            "channels_in_opposition",
            changed_silence(case.protocol, rule="zero"),
            "The sum of the channels decides what is silent; with the channels themselves",
            "call a signal silent where all of its samples are zero",
            least=0.0,
            severity="warning",
        )


@audit("missing_stems", of="runs", pitfalls=("P43",))
def missing_stems(runs: Runs) -> Iterator[Finding]:
    """What becomes of stems that a track does not have?

    To leave them out is the better rule. Where a protocol does, the other number is only shown.
    """
    for case in cases(runs.runs):
        rule = case.protocol.audio.missing
        tracks = [one for one in case.board.runs[0].manifest.tracks if one.missing]
        if not tracks or rule == "error":
            continue
        left_out = rule == "leave_out"
        changed = case.protocol.audio.model_copy(
            update={"missing": "silent" if left_out else "leave_out"}
        )
        told = (
            "which this protocol leaves out; where it counts as silence"
            if left_out
            else "which counts as silence; left out"
        )
        found = _found(
            runs,
            case,
            "missing_stems",
            case.protocol.model_copy(update={"audio": changed}),
            f"{several(len(tracks), 'tracks lack')} a stem, {told}",
            "say how many tracks each stem has, and compare with numbers of the same rule"
            if left_out
            else "leave an absent stem out, and say how many tracks each stem has",
        )
        yield from (_as_is(one) if left_out else one for one in found)


def _as_is(finding: Finding) -> Finding:
    """Return a finding of a table that has the better rule: the other number is none by a rule."""
    rows = (
        {key.replace("_by_better_rule", "_by_the_other_rule"): value for key, value in row.items()}
        for row in finding.evidence
    )
    return replace(finding, value_by_better_rule=None, evidence=tuple(rows))


@audit("shared_mask", of="runs", pitfalls=("P11",))
def shared_mask(runs: Runs) -> Iterator[Finding]:
    """Are systems that are compared scored on the same windows?

    A system whose estimates are silent somewhere can lose those windows. Under a shared mask a
    window that one of them loses is lost for all. In imported scores a silent frame is undefined.
    """
    for sheet in sheets(runs.runs):
        board = sheet.board
        if len(board.runs) < 2 or board.protocol.silence.mask == "shared":
            continue
        imported = any(not run.manifest.layouts for run in board.runs)
        also = frozenset({str(Status.UNDEFINED)}) if imported else frozenset()
        comparison = sheet.under(board.protocol, masked(sheet.frames, also=also))
        if comparison.effect <= 0:
            continue
        yield Finding(
            audit="shared_mask",
            severity="warning" if comparison.turns else "note",
            subject=runs.name,
            where=board.title,
            message=(
                "The systems are scored on different windows, because each loses those in which "
                f"it is silent; on the windows that all have, {comparison.words}"
            ),
            way_out="compare under a shared mask, such as that of musdb18-shared-mask",
            **comparison.facts(_windows(sheet, comparison)),
        )


def _windows(sheet: Sheet, comparison: Comparison) -> list[Mapping[str, Plain]]:
    """Return the changes, with the share of windows that each system's own mask leaves out."""
    left: dict[tuple[str, str, str], float] = {}
    for system, frame in sheet.frames.items():
        gone = frame["status"].astype(str) != "ok"
        for name in dict.fromkeys(row.metric for row in comparison.changes):
            of_metric = frame["metric"].astype(str) == name
            left[system, name, ALL] = float(gone[of_metric].mean())
            for stem in sheet.board.protocol.stems:
                own = gone[of_metric & (frame["stem"].astype(str) == stem)]
                left[system, name, stem] = float(own.mean())
    return [
        {**row, "left_out": left[str(row["system"]), str(row["metric"]), str(row["stem"])]}
        for row in comparison.facts()["evidence"]
    ]


def _found(
    runs: Runs,
    case: Case,
    name: str,
    variant: Protocol,
    told: str,
    way_out: str,
    *,
    least: float = _LEAST_DB,
    severity: Severity = "note",
) -> Iterator[Finding]:
    """Yield what a variant moves, if it moves anything."""
    yield from _told(
        runs, case, name, case.under(variant), told, way_out, least=least, severity=severity
    )


def _told(
    runs: Runs,
    case: Case,
    name: str,
    comparison: Comparison | None,
    told: str,
    way_out: str,
    *,
    least: float = _LEAST_DB,
    severity: Severity = "note",
) -> Iterator[Finding]:
    if comparison is None or (comparison.effect <= least and not comparison.turns):
        return
    yield Finding(
        audit=name,
        severity="warning" if comparison.turns else severity,
        subject=runs.name,
        where=case.board.title,
        message=f"{told}, {comparison.words}",
        way_out=way_out,
        **comparison.facts(),
    )
