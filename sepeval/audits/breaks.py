"""Estimates that break off, or jump where chunks were joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.heard import heard_tracks

_HOLE_S = 0.1


@audit("holes", of="runs", pitfalls=("P2", "P11"))
def holes(runs: Runs) -> Iterator[Finding]:
    """Where do estimates break off while the reference plays?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = []
        for one in heard_tracks(run):
            for stem, hole, played in zip(
                one.stems, one.facts.holes, one.facts.played, strict=True
            ):
                if hole > _HOLE_S * one.facts.rate:
                    seconds = {"zero_s": hole / one.facts.rate, "played_s": played / one.facts.rate}
                    rows.append({"track": one.track, "stem": stem, **seconds})
        rows.sort(key=lambda row: -float(str(row["zero_s"])))
        if rows:
            total = sum(float(str(row["zero_s"])) for row in rows)
            yield Finding(
                audit="holes",
                severity="warning",
                subject=run.manifest.label,
                message=(
                    f"{len(rows)} estimates are exactly zero for {total:.1f} s in all while the "
                    "reference is above -60 dBFS: chunks that were not separated, or a gate."
                ),
                evidence=tuple(rows),
                way_out="see whether a chunk is missing, or whether the separator closes a gate",
            )


@audit("chunk_seams", of="runs", pitfalls=("P18",))
def chunk_seams(runs: Runs) -> Iterator[Finding]:
    """Do estimates jump at equal distances, where chunks were joined?"""
    for run in runs.runs:
        rows: list[Mapping[str, Plain]] = [
            {
                "track": one.track,
                "stem": stem,
                "period": seams.period,
                "period_s": seams.period / one.facts.rate,
                "jumps": seams.found,
                "seams": seams.possible,
                "jump_db": seams.size_db,
            }
            for one in heard_tracks(run)
            for stem, seams in zip(one.stems, one.facts.seams, strict=True)
            if seams is not None
        ]
        rows.sort(key=lambda row: -float(str(row["jump_db"])))
        if rows:
            periods = sorted({int(str(row["period"])) for row in rows})
            yield Finding(
                audit="chunk_seams",
                severity="warning",
                subject=run.manifest.label,
                where=", ".join(f"every {period} samples" for period in periods[:3]),
                message=(
                    f"{len(rows)} estimates jump at the multiples of {periods[0]} samples: chunks "
                    "were separated apart and joined without a cross-fade. Protocols whose windows "
                    "lie inside such chunks never score the joins."
                ),
                evidence=tuple(rows),
                way_out="overlap the chunks, and cut windows from whole tracks",
            )


@audit("no_signal_facts", of="runs")
def no_signal_facts(runs: Runs) -> Iterator[Finding]:
    """Which runs were made without what some audits ask for?"""
    without = [
        run
        for run in runs.runs
        if not run.manifest.layouts or next(heard_tracks(run), None) is None
    ]
    if without:
        yield Finding(
            audit="no_signal_facts",
            severity="note",
            subject=runs.name,
            message=(
                f"{len(without)} of {len(runs.runs)} runs hold no facts of their signals, so "
                "nothing can be said of delay, clipping, rounding, short holes and seams between "
                "chunks."
            ),
            evidence=tuple({"run": run.manifest.label} for run in without),
            way_out="evaluate the audio anew, into another folder (sepeval run -o)",
        )
