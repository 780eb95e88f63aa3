"""Windows in which the reference is silent, and what they do to a mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from sepeval.audits.base import Finding, Plain, Runs, Severity, audit
from sepeval.what_if import Case, Comparison, cases, changed_silence

_LEAST_DB = 0.05  # smaller moves vanish when a table is read
_MISLEADS_DB, _WRONG_DB = 0.5, 3.0


@audit("silent_windows", of="runs", pitfalls=("P1", "P2"))
def silent_windows(runs: Runs) -> Iterator[Finding]:
    """How much of a number comes from windows in which the reference is silent?

    On such a window a ratio to the reference is the level of the mixture over the level of the
    leak. The better rule leaves it out for its stem.
    """
    for case in cases(runs.runs):
        frames = case.frames()
        shares = _rows(case, frames)
        if case.protocol.silence.reference != "score" or not shares:
            continue
        comparison = case.under(changed_silence(case.protocol, reference="leave_out"))
        if comparison is None or comparison.effect < _LEAST_DB:
            continue
        most = max(float(str(row["share_silent"])) for row in shares)
        yield Finding(
            audit="silent_windows",
            severity=_severity(comparison),
            subject=runs.name,
            where=case.board.title,
            message=(
                f"Windows with a silent reference are scored, up to {100 * most:.0f} % of a stem; "
                f"without them {comparison.words}"
            ),
            way_out="use a protocol that leaves silent references out, such as slakh2100-active",
            **comparison.facts(shares),
        )


def _severity(comparison: Comparison) -> Severity:
    if comparison.turns or comparison.effect >= _WRONG_DB:
        return "error"
    return "warning" if comparison.effect >= _MISLEADS_DB else "note"


def _rows(case: Case, frames: Mapping[str, pd.DataFrame]) -> list[Mapping[str, Plain]]:
    """Return share, means and contribution of silent windows, by system, metric and stem."""
    asked = [entry.name for entry in case.protocol.metrics if entry.where == "every_window"]
    rows: list[Mapping[str, Plain]] = []
    for system, frame in frames.items():
        used = frame[(frame["status"].astype(str) == "ok") & frame["metric"].isin(asked)]
        for (metric, stem), own in used.groupby(["metric", "stem"], observed=True):
            silent = own["silent"].to_numpy(bool)
            if not silent.any():
                continue
            values = own["value"].to_numpy(float)
            rows.append(
                {
                    "system": system,
                    "metric": str(metric),
                    "stem": str(stem),
                    "share_silent": float(silent.mean()),
                    "mean_silent": float(values[silent].mean()),
                    "mean_active": float(values[~silent].mean()) if (~silent).any() else None,
                    "from_silence": float(values[silent].sum() / len(values)),
                }
            )
    rows.sort(key=lambda row: -float(str(row["share_silent"])))
    return rows
