"""Whether what is stored is still what it was: tracks, statistics, scores, costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.errors import StoreError
from sepeval.fingerprint import digest
from sepeval.store import Run
from sepeval.what_if import Case, cases, held, of_frames, scores

_LEAST_DB = 1e-6
_UNEQUAL = 1.5  # ratio of network evaluations per second of audio


@audit("counted_twice", of="runs", pitfalls=("P33", "P31"))
def counted_twice(runs: Runs) -> Iterator[Finding]:
    """Is a track in the number twice, under two names?

    Tracks are told apart by the energies of their references in every cell. The effect is that of
    keeping the first of them alone, from the stored scores.
    """
    for case in cases(runs.runs):
        groups = _alike(case)
        frames = case.board.frames() if groups else {}
        for group in groups:
            once = {name: own[~own["track"].isin(group[1:])] for name, own in frames.items()}
            numbers = (of_frames(each, case.board.protocol) for each in (frames, once))
            comparison = case.board.compare(*numbers)
            told = comparison.words if comparison.effect > _LEAST_DB else "no number moves"
            yield Finding(
                audit="counted_twice",
                severity="error",
                subject=runs.name,
                where=f"{case.board.title}: {', '.join(group)}",
                message=(
                    f"{', '.join(group)} have the same references: one track is in the number "
                    f"{len(group)} times. With {group[0]} alone, {told}"
                ),
                way_out="keep one of them; a sampler that pads its last batch repeats tracks",
                **comparison.facts(
                    [*({"track": track} for track in group), *comparison.facts()["evidence"]]
                ),
            )


@audit("stale_scores", of="runs", pitfalls=("P40",))
def stale_scores(runs: Runs) -> Iterator[Finding]:
    """Are stored scores those that the stored statistics give now?"""
    for case in cases(runs.runs):
        stored = case.board.frames()
        for system, key in case.systems.items():
            own = stored[system]
            names = [entry.name for entry in case.protocol.metrics]
            before = own[own["metric"].isin(names)].reset_index(drop=True)
            now = scores(key, case.protocol)
            if case.board.protocol.silence.mask == "shared":
                continue
            rows = _stale(before["value"].to_numpy(float), now["value"].to_numpy(float))
            if rows is None:
                continue
            numbers = (of_frames({system: one}, case.protocol) for one in (before, now))
            comparison = case.board.compare(*numbers)
            yield Finding(
                audit="stale_scores",
                severity="error",
                subject=system,
                where=case.board.title,
                message=(
                    f"{rows['scores']} stored scores of {system} are not what its cells give: "
                    f"{comparison.words}"
                ),
                way_out="score the run again (sepeval rescore)",
                **comparison.facts([rows]),
            )


@audit("changed_parts", of="runs", pitfalls=("P40",))
def changed_parts(runs: Runs) -> Iterator[Finding]:
    """Were statistics changed after the run was finished?"""
    for run in runs.runs:
        changed = [
            name
            for name, known in run.manifest.parts.items()
            if not name.startswith("scores/")
            and (not (run.folder / name).exists() or digest(run.folder / name) != known)
        ]
        if changed:
            yield Finding(
                audit="changed_parts",
                severity="error",
                subject=run.manifest.label,
                where=run.folder.name,
                message=f"{len(changed)} files of the run are not those that it was finished with",
                way_out="delete them and run the command again",
                evidence=tuple({"file": name} for name in changed),
            )


@audit("unequal_cost", of="runs", pitfalls=("P44",))
def unequal_cost(runs: Runs) -> Iterator[Finding]:
    """Do systems that are compared spend different numbers of network evaluations?"""
    rows: list[Mapping[str, Plain]] = []
    for run in runs.runs:
        cost = _cost(run)
        if cost is not None:
            rows.append({"system": run.manifest.label, **cost})
    spent = [float(str(row["nfe_per_s"])) for row in rows]
    if len(spent) > 1 and min(spent) > 0 and max(spent) > _UNEQUAL * min(spent):
        rows.sort(key=lambda row: -float(str(row["nfe_per_s"])))
        yield Finding(
            audit="unequal_cost",
            severity="note",
            subject=runs.name,
            message=(
                f"The systems spend {min(spent):.2g} to {max(spent):.2g} network evaluations per "
                "second of audio"
            ),
            way_out="show quality against cost, or compare at the same number of evaluations",
            evidence=tuple(rows),
        )


def _alike(case: Case) -> list[list[str]]:
    groups: dict[bytes, list[str]] = {}
    for one in held(next(iter(case.systems.values()))):
        if one.statistics is None or one.replicate:
            continue
        energy = one.statistics.cells.reference
        if energy.any():
            groups.setdefault(energy.tobytes(), []).append(one.track)
    return [group for group in groups.values() if len(group) > 1]


def _stale(before: np.ndarray, now: np.ndarray) -> Mapping[str, Plain] | None:
    if before.shape != now.shape:
        return {"scores": len(before), "scores_now": len(now), "largest": 0.0}
    apart = np.abs(before - now)
    other = np.isfinite(before) != np.isfinite(now)
    wrong = (apart > _LEAST_DB) | other
    if not wrong.any():
        return None
    largest = float(apart[np.isfinite(apart)].max(initial=0.0))
    return {"scores": int(wrong.sum()), "scores_now": len(now), "largest": largest}


def _cost(run: Run) -> Mapping[str, Plain] | None:
    """Return evaluations and seconds per second of audio; None where nothing was timed."""
    evaluations = seconds = audio_s = 0.0
    for record in run.manifest.tracks:
        path = run.timings(record)
        if not path.exists():
            continue
        try:
            table, _ = run.read_table(path)
        except StoreError:
            continue
        columns = {name: np.asarray(table.column(name), dtype=np.float64) for name in _TIMED}
        evaluations += float(columns["nfe"].sum())
        seconds += float(columns["seconds"].sum())
        audio_s += float(columns["audio_s"].sum())
    if not audio_s:
        return None
    return {"nfe_per_s": evaluations / audio_s, "rtf": seconds / audio_s, "audio_s": audio_s}


_TIMED = ("nfe", "seconds", "audio_s")
