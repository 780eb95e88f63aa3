"""Whether runs that stand together measured the same thing, in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.metrics.base import METRICS
from sepeval.store import Run
from sepeval.what_if import data_of

_WHERE = ("platform", "python", "sepeval", "engine", "device", "precision", "packages")


@audit("mixed_data", of="runs", pitfalls=("P36", "P31"))
def mixed_data(runs: Runs) -> Iterator[Finding]:
    """Did the runs of one table measure other audio: dataset, edition, split, or set of tracks?"""
    tables: dict[str, dict[str, list[Run]]] = {}
    for run in runs.runs:
        for name in run.manifest.protocols:
            tables.setdefault(name, {}).setdefault(data_of(run), []).append(run)
    for name, groups in tables.items():
        if len(groups) < 2:
            continue
        first, *others = groups.values()
        count = sum(len(group) for group in groups.values())
        yield Finding(
            audit="mixed_data",
            severity="error",
            subject=runs.name,
            where=name,
            message=(
                f"{count} runs under {name} measured {len(groups)} different sets of audio: "
                f"{_apart(first[0], others[0][0])}"
            ),
            way_out="compare runs on the same dataset, edition, split and tracks only",
            evidence=tuple(_data(run) for group in (first, *others) for run in group),
        )


@audit("mixed_protocols", of="runs", pitfalls=("P9", "P13"))
def mixed_protocols(runs: Runs) -> Iterator[Finding]:
    """Do the runs share no protocol, or different documents under one name?"""
    documents: dict[str, dict[str, str]] = {}
    for run in runs.runs:
        for name in run.manifest.protocols:
            documents.setdefault(name, {})[run.folder.name] = run.protocol(name).hash[:8]
    for name, own in documents.items():
        if len(set(own.values())) > 1:
            yield Finding(
                audit="mixed_protocols",
                severity="error",
                subject=runs.name,
                where=name,
                message=f"{name} stands for {len(set(own.values()))} different documents",
                way_out="score all runs again under one document (sepeval rescore)",
                evidence=tuple({"run": run, "hash": one} for run, one in own.items()),
            )
    alike: dict[str, list[Run]] = {}
    for run in runs.runs:
        alike.setdefault(data_of(run), []).append(run)
    for group in alike.values():
        if len(group) > 1 and not set.intersection(*(set(one.manifest.protocols) for one in group)):
            yield Finding(
                audit="mixed_protocols",
                severity="warning",
                subject=runs.name,
                where=f"{group[0].manifest.dataset}/{group[0].manifest.split}",
                message=(
                    f"{len(group)} runs on the same audio share no protocol: none compares"
                    + _versions(group)
                ),
                way_out="score all runs under one protocol (sepeval rescore)",
                evidence=tuple(
                    {"run": run.folder.name, "protocols": ", ".join(run.manifest.protocols)}
                    for run in group
                ),
            )


def _versions(group: Sequence[Run]) -> str:
    """Return, in words, which protocols of the runs are versions of one; empty without any."""
    found: dict[str, set[str]] = {}
    for run in group:
        for name in run.manifest.protocols:
            found.setdefault(name.rpartition(".v")[0], set()).add(name)
    several = [" and ".join(sorted(own)) for own in found.values() if len(own) > 1]
    return "".join(f"; {one} are versions of one protocol with other rules" for one in several)


@audit("metric_versions", of="runs", pitfalls=("P40",))
def metric_versions(runs: Runs) -> Iterator[Finding]:
    """Were scores made by other versions of a metric than this one?"""
    rows: list[Mapping[str, Plain]] = []
    for run in runs.runs:
        for name, records in run.manifest.metrics.items():
            kinds = {one.name: METRICS.get(one.metric) for one in run.protocol(name).metrics}
            now = {metric: kind.version for metric, kind in kinds.items()}
            rows += [
                {
                    "run": run.folder.name,
                    "protocol": name,
                    "metric": metric,
                    "version": record.version,
                    "version_now": now[metric],
                }
                for metric, record in records.items()
                if metric in now and record.version != now[metric]
            ]
    if rows:
        yield Finding(
            audit="metric_versions",
            severity="error",
            subject=runs.name,
            message=f"{len(rows)} columns were scored with another version of their metric",
            way_out="score the runs again (sepeval rescore)",
            evidence=tuple(rows),
        )


@audit("incomplete_runs", of="runs", pitfalls=("P41", "P43"))
def incomplete_runs(runs: Runs) -> Iterator[Finding]:
    """Are tracks missing from a number: part of a split, errors, an interrupted run?"""
    for run in runs.runs:
        manifest = run.manifest
        failed = [track for track in manifest.tracks if track.trouble]
        told = [f"{len(failed)} of {len(manifest.tracks)} tracks have errors"] if failed else []
        told += [f"it covers {manifest.partial}"] if manifest.partial else []
        told += ["it was not finished"] if manifest.status != "complete" else []
        if not told:
            continue
        yield Finding(
            audit="incomplete_runs",
            severity="warning" if manifest.partial and len(told) == 1 else "error",
            subject=manifest.label,
            where=run.folder.name,
            message=f"The run of {manifest.label} lacks tracks: {', '.join(told)}",
            way_out="mend the tracks and run the command again; it continues where it stopped",
            evidence=tuple({"track": track.id, "error": track.trouble} for track in failed),
        )


@audit("shards", of="runs", pitfalls=("P33",))
def shards(runs: Runs) -> Iterator[Finding]:
    """Do runs that are parts of one split overlap?"""
    parts: dict[str, list[Run]] = {}
    for run in runs.runs:
        if run.manifest.partial:
            parts.setdefault(str(run.manifest.identity.get("separator")), []).append(run)
    for own in parts.values():
        seen: dict[str, list[str]] = {}
        for run in own:
            for track in run.manifest.tracks:
                seen.setdefault(track.id, []).append(run.folder.name)
        twice = {track: names for track, names in seen.items() if len(names) > 1}
        if twice:
            yield Finding(
                audit="shards",
                severity="error",
                subject=own[0].manifest.label,
                message=(
                    f"{len(twice)} of {len(seen)} tracks are in more than one part of the split: "
                    "put together, they would count twice"
                ),
                way_out="give every track to one part, or count it once",
                evidence=tuple(
                    {"track": track, "runs": ", ".join(names)} for track, names in twice.items()
                ),
            )


@audit("other_machines", of="runs", pitfalls=("P5",))
def other_machines(runs: Runs) -> Iterator[Finding]:
    """Were the runs made on other machines, engines, or versions of packages?"""
    rows: list[Mapping[str, Plain]] = []
    told: list[str] = []
    for one, other in pairwise(runs.runs):
        for name in _WHERE:
            first, second = (run.manifest.environment.get(name) for run in (one, other))
            if first == second:
                continue
            changed = _changed(first, second) if isinstance(first, dict) else f"{first}, {second}"
            told.append(f"{name}: {changed}")
            rows.append(
                {
                    "first": one.manifest.label,
                    "second": other.manifest.label,
                    "what": name,
                    "values": changed,
                }
            )
    if rows:
        yield Finding(
            audit="other_machines",
            severity="note",
            subject=runs.name,
            message=f"The runs were made in other surroundings: {'; '.join(dict.fromkeys(told))}",
            way_out="estimates of a network can differ by rounding; repeat one run on both",
            evidence=tuple(rows),
        )


def _data(run: Run) -> Mapping[str, Plain]:
    who = run.manifest.identity
    return {
        "run": run.folder.name,
        "dataset": run.manifest.dataset,
        "split": run.manifest.split,
        "choices": str(run.manifest.choices),
        "tracks": len(run.manifest.tracks),
        "content": str(who.get("content"))[:8],
    }


def _apart(first: Run, other: Run) -> str:
    """Return in what two runs differ, in words."""
    one, two = _data(first), _data(other)
    found = [f"{key} {one[key]} and {two[key]}" for key in list(one)[1:] if one[key] != two[key]]
    return ", ".join(found) or "other tracks"


def _changed(first: Mapping[str, object], second: object) -> str:
    other = second if isinstance(second, Mapping) else {}
    names: Sequence[str] = sorted(set(first) | set(other))
    return ", ".join(
        f"{name} {first.get(name)} and {other.get(name)}"
        for name in names
        if first.get(name) != other.get(name)
    )
