"""Which numbers of a sweep are shown, and as text."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sepeval.errors import UnknownNameError
from sepeval.registry import nearest
from sepeval.summary import ALL
from sepeval.sweeps import Sweep

_USUAL = {"x": "sigma_max", "panel": "steps"}  # as in the papers on diffusion separators
WARNING = "TEST SPLIT: settings chosen here have seen the test data."


@dataclass(frozen=True)
class Shown:
    """Which numbers of a sweep are shown, and where.

    Attributes:
        sweep: the numbers.
        rows: of one protocol, summary, metric and stem, one per run.
        metric: name of the score.
        stem: name of the stem, or `All`.
        x: setting on the horizontal axis.
        panel: setting that has one chart for each value; empty if there is one chart.
    """

    sweep: Sweep
    rows: pd.DataFrame
    metric: str
    stem: str
    x: str
    panel: str

    @property
    def lines(self) -> list[str]:
        """Settings that are told apart by lines."""
        return [name for name in self.sweep.varied if name not in (self.x, self.panel)]

    @property
    def points(self) -> pd.DataFrame:
        """Rows of the sweep itself."""
        return self.rows[self.rows["role"] == "point"]

    @property
    def means(self) -> pd.DataFrame:
        """The points, each setting once: means over seeds."""
        kept = ["nfe", "nfe_per_s", "rtf", "value"]
        groups = self.points.groupby(list(self.sweep.varied), dropna=False, sort=True)
        found: pd.DataFrame = groups[kept].mean().reset_index()
        return found

    @property
    def baseline(self) -> pd.Series[float] | None:
        """Row of the baseline; None where there is none, or it has no value."""
        found = self.rows[(self.rows["role"] == "baseline") & self.rows["value"].notna()]
        return found.iloc[0] if len(found) else None

    @property
    def unit(self) -> str:
        """What the vertical axis shows."""
        unit = str(self.rows["unit"].iloc[0])
        stem = "mean of all stems" if self.stem == ALL else self.stem
        return f"{self.metric}, {stem}" + (f", in {unit}" if unit not in ("", "1") else "")


def chosen(sweep: Sweep, *, metric: str, stem: str, x: str, panel: str) -> Shown:
    """Return what is shown of a sweep; see `drawings`."""
    rows = sweep.rows
    rows = rows[rows["protocol"] == next(iter(sweep.protocols))]
    metric = _named(metric, rows["metric"], ("si_sdri",), what="metric")
    rows = rows[rows["metric"] == metric]
    rows = rows[rows["summary"] == rows["summary"].iloc[0]]
    stem = _named(stem, rows["stem"], (ALL,), what="stem")
    rows = rows[rows["stem"] == stem]
    points = rows[rows["role"] == "point"]
    several = [name for name in sweep.varied if points[name].nunique() > 1]
    numeric = [name for name in several if pd.api.types.is_numeric_dtype(points[name])]
    most = sorted(numeric, key=lambda name: (name != _USUAL["x"], -points[name].nunique()))
    for name in (x, panel):
        if name and name not in sweep.varied:
            message = f"the sweep did not vary {name!r}; {nearest(name, sweep.varied)}"
            raise UnknownNameError(message)
    x = x or (most[0] if most else "")
    usual = _USUAL["panel"] if _USUAL["panel"] in several and x != _USUAL["panel"] else ""
    return Shown(sweep, rows, metric, stem, x, panel or usual)


def words(shown: Shown) -> str:
    """Return the numbers of a sweep as aligned text: one line per setting, means over seeds."""
    counts = shown.points.groupby(list(shown.sweep.varied), dropna=False, sort=True)["value"]
    table = shown.means.assign(
        seeds=counts.count().to_numpy(),
        lowest=counts.min().to_numpy(),
        highest=counts.max().to_numpy(),
    )
    dropped = "nfe_per_s" if table["nfe"].notna().all() else "nfe"
    table = table.drop(columns=dropped).rename(columns={"value": shown.metric})
    lines = [f"{shown.unit}, over {varied_in(shown)}"]
    if shown.sweep.is_test:
        lines.append(WARNING)
    lines.append(table.to_string(index=False, float_format="%.6g", na_rep="-"))
    if shown.baseline is not None:
        lines.append(f"baseline {shown.sweep.baseline}: {shown.baseline['value']:.6g}")
    return "\n".join([*lines, signature(shown)])


def varied_in(shown: Shown) -> str:
    """Return what one point stands for, in words."""
    return "setting of " + ", ".join(shown.sweep.varied) if shown.sweep.varied else "setting"


def gaps(shown: Shown) -> str:
    """Return the end of a legend that tells how many runs are not drawn; empty if all are."""
    missing = int(shown.points["value"].isna().sum())
    return f"; {missing} of {len(shown.points)} runs have no value" if missing else ""


def heading(shown: Shown, over: str) -> str:
    """Return the title of a figure, with a warning where it shows a test split."""
    title = f"{shown.sweep.label}: {shown.metric} {over}"
    return f"{WARNING} {title}" if shown.sweep.is_test else title


def signature(shown: Shown) -> str:
    """Return one line that names protocol, runs, versions, data and counts."""
    sweep = shown.sweep
    name = str(shown.rows["protocol"].iloc[0])
    seeds = sorted({int(seed) for seed in shown.points["seed"].dropna()})
    drawn = f", seeds {', '.join(map(str, seeds))}" if seeds else ""
    low, high = int(shown.points["tracks"].min()), int(shown.points["tracks"].max())
    low_used, high_used = int(shown.points["used"].min()), int(shown.points["used"].max())
    parts = [
        f"{name} {sweep.protocols[name]}, {shown.rows['summary'].iloc[0]}",
        f"{sweep.label}: {len(shown.points)} runs{drawn}",
        f"sepeval {sweep.version}",
        f"{sweep.dataset}/{sweep.split}",
        f"{_span(low, high)} tracks, {_span(low_used, high_used)} scores each",
    ]
    if shown.baseline is not None:
        parts.insert(2, f"baseline {sweep.baseline} {shown.baseline['run']}")
    return " | ".join([*parts, *([f"partial: {sweep.partial}"] if sweep.partial else [])])


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _named(name: str, known: pd.Series[str], usual: tuple[str, ...], *, what: str) -> str:
    names = list(dict.fromkeys(known))
    if name and name not in names:
        raise UnknownNameError(f"the sweep has no {what} {name!r}; {nearest(name, names)}")
    return name or next((one for one in usual if one in names), names[0])
