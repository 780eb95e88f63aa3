"""The numbers of a sweep, from its runs, as one table on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from sepeval.csv_text import frame_as_csv
from sepeval.errors import StoreError
from sepeval.store import MetricRecord, Run, parts
from sepeval.store.files import write_text
from sepeval.summary import summarise
from sepeval.sweeps.splits import is_test

TABLE = "sweep.parquet"
SHEET = "sweep.csv"
COLUMNS = (  # beside those of the varied settings
    *("role", "seed", "run", "nfe", "nfe_per_s", "rtf", "protocol", "summary", "metric", "unit"),
    *("better", "stem", "value", "status", "tracks", "used", "left", "failed"),
    *("split", "is_test"),
)
_SAME_DATA = ("dataset", "split", "choices", "tracks", "content")  # parts of a run's identity


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes:
        settings: what was varied, as texts; empty for the baseline.
        seed: of the run; None where the separator is not stochastic.
        run: its run.
    """

    settings: Mapping[str, str]
    seed: int | None
    run: Run


@dataclass(frozen=True)
class Sweep:
    """The numbers of a sweep.

    Attributes:
        rows: one row per run, protocol, summary, metric and stem: `role` (`point` or `baseline`),
            one column for each varied setting, `seed`, `run` (hash), `nfe` (network evaluations
            per track; null where tracks take different numbers), `nfe_per_s` (per second of
            audio), `rtf` (seconds spent per second of audio: the median of all calls but those of
            the first track, which load the network, where there are others), `protocol`,
            `summary`, `metric`, `unit`, `better` (`higher` or `lower`; empty where a run does not
            say), `stem`, `value` (null where there is none), `status`, `tracks`, `used`, `left`
            (scores left out), `failed` (tracks with an error), `split` and `is_test`.
        varied: names of the settings, in the order in which they were varied.
        label: of the sweep.
        baseline: label of the run that the points are compared with; empty if there is none.
        dataset: name of the dataset.
        split: name of the split.
        partial: empty, or how many tracks of how many were asked for.
        protocols: first eight digits of the hash of each protocol, by id.
        version: of sepeval, when the runs were made.
    """

    rows: pd.DataFrame
    varied: tuple[str, ...]
    label: str
    baseline: str
    dataset: str
    split: str
    partial: str
    protocols: Mapping[str, str]
    version: str

    @property
    def is_test(self) -> bool:
        """Whether settings are compared on a test split."""
        return is_test(self.split)


def tabulate(
    points: Sequence[Point], protocols: Sequence[str], *, label: str, baseline: Run | None = None
) -> Sweep:
    """Return the numbers of runs that differ in settings and seeds.

    Args:
        points: at least one run.
        protocols: ids of protocols that all runs were scored under.
        label: how the sweep is called.
        baseline: what the points are compared with.

    Raises:
        StoreError: the runs measured different data, or one has no scores under a protocol.
    """
    first = points[0].run
    others = [*(point.run for point in points[1:]), *([baseline] if baseline else [])]
    for run in others:
        refuse_other_data(first, run)
    varied = tuple(points[0].settings)
    rows = [row for point in points for row in _rows(point, protocols, "point")]
    if baseline is not None:
        rows += _rows(Point({}, None, baseline), protocols, "baseline")
    frame = pd.DataFrame(rows)
    for name in varied:
        frame[name] = _numbers(frame[name])
    frame["seed"] = frame["seed"].astype("Int64")
    return Sweep(
        rows=frame,
        varied=varied,
        label=label,
        baseline=baseline.manifest.label if baseline else "",
        dataset=first.manifest.dataset,
        split=first.manifest.split,
        partial=first.manifest.partial,
        protocols={name: first.protocol(name).hash[:8] for name in protocols},
        version=str(first.manifest.environment.get("sepeval")),
    )


def write(found: Sweep, folder: Path) -> tuple[Path, Path]:
    """Write the numbers of a sweep as Parquet and CSV, and return the paths.

    Raises:
        StoreError: a file cannot be written.
    """
    facts: dict[str, object] = {
        "varied": list(found.varied),
        "label": found.label,
        "baseline": found.baseline,
        "dataset": found.dataset,
        "split": found.split,
        "partial": found.partial,
        "protocols": dict(found.protocols),
        "version": found.version,
    }
    table = pa.Table.from_pandas(found.rows, preserve_index=False)
    parts.write_table(folder / TABLE, table, facts)
    write_text(folder / SHEET, frame_as_csv(found.rows))
    return folder / TABLE, folder / SHEET


def read(folder: Path) -> Sweep:
    """Return the numbers of a sweep that was written.

    Raises:
        StoreError: there are none, or they are damaged.
    """
    table, facts = parts.read_table(folder / TABLE)
    with parts.well_formed(folder / TABLE):
        texts = {
            name: str(facts[name])
            for name in ("label", "baseline", "dataset", "split", "partial", "version")
        }
        varied, protocols = facts["varied"], facts["protocols"]
        rows = parts.data_frame(table)
        rows["seed"] = rows["seed"].astype("Int64")
    if not isinstance(varied, list) or not isinstance(protocols, dict):
        raise StoreError(f"{folder / TABLE}: holds no sweep; move it away")
    return Sweep(rows=rows, varied=tuple(varied), protocols=protocols, **texts)


def _rows(point: Point, protocols: Sequence[str], role: str) -> list[dict[str, object]]:
    run = point.run
    spent = _spent(run)
    records = {
        (name, metric): record
        for name in protocols
        for metric, record in run.manifest.metrics.get(name, {}).items()
    }
    failed = {name: len(run.manifest.errors(run.protocol(name).id)) for name in protocols}
    return [
        {
            "role": role,
            **point.settings,
            "seed": point.seed,
            "run": run.manifest.hash,
            **spent,
            "protocol": row.protocol,
            "summary": row.summary,
            "metric": row.metric,
            "unit": _unit(records.get((row.protocol, row.metric))),
            "better": _better(records.get((row.protocol, row.metric))),
            "stem": row.stem,
            "value": row.value,
            "status": str(row.status),
            "tracks": row.tracks,
            "used": row.used,
            "left": sum(row.left.values()),
            "failed": failed[name],
            "split": run.manifest.split,
            "is_test": is_test(run.manifest.split),
        }
        for name in protocols
        for row in summarise(run, name)
    ]


def _unit(record: MetricRecord | None) -> str:
    return record.unit if record else ""


def _better(record: MetricRecord | None) -> str:
    if record is None:
        return ""
    return "higher" if record.higher_is_better else "lower"


def _spent(run: Run) -> dict[str, float | None]:
    """Return nfe and time of a run; None where nothing was timed."""
    paths = [run.timings(track) for track in run.manifest.tracks]
    tables = [parts.data_frame(run.read_table(path)[0]) for path in paths if path.exists()]
    if not tables:
        return {"nfe": None, "nfe_per_s": None, "rtf": None}
    calls, warm = pd.concat(tables), pd.concat(tables[1:] or tables)
    return {
        "nfe": float(calls["nfe"].iloc[0]) if calls["nfe"].nunique() == 1 else None,
        "nfe_per_s": float(calls["nfe"].sum() / calls["audio_s"].sum()),
        "rtf": float((warm["seconds"] / warm["audio_s"]).median()),
    }


def refuse_other_data(first: Run, other: Run) -> None:
    """Refuse two runs that cannot stand in one sweep.

    Raises:
        StoreError: they measured different data.
    """
    for name in _SAME_DATA:
        ours, theirs = (one.manifest.identity.get(name) for one in (first, other))
        if ours != theirs:
            message = (
                f"{other.folder}: differs from {first.folder} in {name}; all runs of a sweep, and "
                "its baseline, must measure the same audio"
            )
            raise StoreError(message)


def _numbers(texts: pd.Series[str]) -> pd.Series[float] | pd.Series[str]:
    """Return a column as numbers if all its texts are some, else as it is."""
    numbers = pd.to_numeric(texts, errors="coerce")
    return numbers if bool((numbers.isna() == texts.isna()).all()) else texts
