"""Numbers and gains, parted into windows whose reference sounds and windows whose is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sepeval.errors import StoreError, UnknownNameError
from sepeval.kernels.significance import ranks
from sepeval.registry import nearest
from sepeval.silence.facts import ZEROS, Gain, Part, Silence
from sepeval.silence.windows import points
from sepeval.store import Run
from sepeval.summary import ALL, SummaryRow
from sepeval.types import Array
from sepeval.what_if import Case, Numbers, cases, changed_silence, scores, table


def silence(
    runs: Sequence[Run], *, protocol: str = "", metric: str = "", baseline: str = ""
) -> Silence:
    """Return what silent references do to the numbers of runs.

    Args:
        runs: that measured the same audio, with stored statistics.
        protocol: id or name; the first that all runs were scored under if empty.
        metric: name of a score of it; its first if empty.
        baseline: label of the run that gains are measured from; the first run's if empty.

    Raises:
        StoreError: the runs hold no statistics, measured other audio, or share no protocol.
        UnknownNameError: there is no such metric or baseline.
    """
    case = _case(runs, protocol)
    names = [entry.name for entry in case.protocol.metrics if entry.where == "every_window"]
    chosen = metric or (names[0] if names else "")
    if chosen not in names:
        message = (
            f"{case.protocol.id} scores no {chosen!r} in every window; {nearest(chosen, names)}"
        )
        raise UnknownNameError(message)
    first = baseline or case.board.names[0]
    if first not in case.systems:
        raise UnknownNameError(f"no run is called {first!r}; {nearest(first, case.systems)}")
    zeros = next(iter(case.systems.values()))._replace(kind="zeros")
    systems = {**case.systems, ZEROS: zeros}
    scored = changed_silence(case.protocol, reference="score")
    active = changed_silence(case.protocol, reference="leave_out")
    frames = {name: _of_metric(scores(key, scored), chosen, case) for name, key in systems.items()}
    tables = table(systems, scored), table(systems, active)
    up = case.board.higher_is_better[chosen]
    parts = _parts(frames, tables, chosen, tuple(case.protocol.stems), higher_is_better=up)
    return Silence(
        protocol=case.protocol,
        metric=chosen,
        runs=case.board.runs,
        baseline=first,
        parts=parts,
        gains=_gains(frames, first, tuple(case.protocol.stems)),
        points=tuple(points(case.systems, scored, chosen, frames)),
    )


def _case(runs: Sequence[Run], protocol: str) -> Case:
    found = [
        case
        for case in cases(runs)
        if not protocol or protocol in (case.protocol.id, case.protocol.name)
    ]
    whole = [case for case in found if len(case.board.runs) == len({run.folder for run in runs})]
    if not whole:
        lacking = f"scores under {protocol!r}" if protocol else "protocol that all share,"
        message = (
            f"{len(runs)} runs have no {lacking} with stored statistics of the same audio; "
            "evaluate them on the same audio (sepeval run), or score them again (sepeval rescore)"
        )
        raise StoreError(message)
    return whole[0]


def _of_metric(frame: pd.DataFrame, metric: str, case: Case) -> pd.DataFrame:
    """Return the finite scores of one metric."""
    own = frame[(frame["metric"].astype(str) == metric) & (frame["status"].astype(str) == "ok")]
    order = pd.CategoricalDtype(list(case.protocol.stems))
    return own.assign(stem=own["stem"].astype(str).astype(order), silent=own["silent"].astype(bool))


def _parts(
    frames: Mapping[str, pd.DataFrame],
    tables: tuple[Numbers, Numbers],
    metric: str,
    stems: tuple[str, ...],
    *,
    higher_is_better: bool,
) -> tuple[Part, ...]:
    numbers = [
        {(name, row.stem): row.value for name, rows in one.items() for row in _first(rows, metric)}
        for one in tables
    ]
    shown = (*stems, *([ALL] if any(stem == ALL for _, stem in numbers[0]) else []))
    places = [_places(one, tuple(frames), shown, up=higher_is_better) for one in numbers]
    found = []
    for name, frame in frames.items():
        own = [_part(name, stem, frame[frame["stem"] == stem], numbers, places) for stem in stems]
        found += own
        if len(shown) > len(stems):
            found.append(_whole(own, numbers, places))
    return tuple(found)


def _part(
    name: str,
    stem: str,
    own: pd.DataFrame,
    numbers: Sequence[Mapping[tuple[str, str], float | None]],
    places: Sequence[Mapping[tuple[str, str], int]],
) -> Part:
    values, silent = own["value"].to_numpy(np.float64), own["silent"].to_numpy(np.bool_)
    return Part(
        system=name,
        stem=stem,
        windows=len(values),
        silent=int(silent.sum()),
        mean_active=_mean(values[~silent]),
        mean_silent=_mean(values[silent]),
        from_silence=float(values[silent].sum() / max(1, len(values))),
        scored=numbers[0].get((name, stem)),
        active=numbers[1].get((name, stem)),
        rank_scored=places[0][name, stem],
        rank_active=places[1][name, stem],
    )


def _whole(
    own: Sequence[Part],
    numbers: Sequence[Mapping[tuple[str, str], float | None]],
    places: Sequence[Mapping[tuple[str, str], int]],
) -> Part:
    """Return `All`: counts over all stems, means over the stems that have one."""
    name = own[0].system
    return Part(
        system=name,
        stem=ALL,
        windows=sum(one.windows for one in own),
        silent=sum(one.silent for one in own),
        mean_active=_mean(_known([one.mean_active for one in own])),
        mean_silent=_mean(_known([one.mean_silent for one in own])),
        from_silence=float(np.mean([one.from_silence for one in own])),
        scored=numbers[0].get((name, ALL)),
        active=numbers[1].get((name, ALL)),
        rank_scored=places[0][name, ALL],
        rank_active=places[1][name, ALL],
    )


def _known(values: Sequence[float | None]) -> Array:
    return np.array([one for one in values if one is not None], dtype=np.float64)


def _first(rows: Sequence[SummaryRow], metric: str) -> list[SummaryRow]:
    """Return the rows of the first summary that reduces a metric."""
    own = [row for row in rows if row.metric == metric]
    return [row for row in own if row.summary == own[0].summary]


def _places(
    numbers: Mapping[tuple[str, str], float | None],
    systems: tuple[str, ...],
    stems: tuple[str, ...],
    *,
    up: bool,
) -> dict[tuple[str, str], int]:
    found = {}
    for stem in stems:
        values = [numbers.get((name, stem)) for name in systems]
        column = np.array([np.nan if one is None else one for one in values]).round(2)
        for name, place in zip(systems, ranks(column, higher_is_better=up), strict=True):
            found[name, stem] = int(place)
    return found


def _gains(
    frames: Mapping[str, pd.DataFrame], baseline: str, stems: tuple[str, ...]
) -> tuple[Gain, ...]:
    found = []
    base = frames[baseline]
    for name, frame in frames.items():
        if name in (baseline, ZEROS):
            continue
        own = [_gain(name, baseline, frame, base, stem) for stem in stems]
        found += own
        if all(one is not None for one in own):
            found.append(_gain_of_all([one for one in own if one is not None]))
    return tuple(one for one in found if one is not None)


def _gain(
    name: str, baseline: str, frame: pd.DataFrame, base: pd.DataFrame, stem: str
) -> Gain | None:
    """Return the gain on the windows that both systems have; None where there is none."""
    key = ["track", "replicate", "start"]
    one, other = (each[each["stem"] == stem].astype({"track": str}) for each in (frame, base))
    pairs = one.merge(other, on=key, suffixes=("", "_base"))
    if pairs.empty:
        return None
    apart = (pairs["value"] - pairs["value_base"]).to_numpy(np.float64)
    silent = pairs["silent"].to_numpy(np.bool_)
    return Gain(
        system=name,
        baseline=baseline,
        stem=stem,
        scored=float(apart.mean()),
        on_active=_mean(apart[~silent]),
        on_silent=_mean(apart[silent]),
        from_active=float(apart[~silent].sum() / len(apart)),
        from_silence=float(apart[silent].sum() / len(apart)),
    )


def _gain_of_all(own: Sequence[Gain]) -> Gain:
    active = [one.on_active for one in own if one.on_active is not None]
    silent = [one.on_silent for one in own if one.on_silent is not None]
    return Gain(
        system=own[0].system,
        baseline=own[0].baseline,
        stem=ALL,
        scored=float(np.mean([one.scored for one in own])),
        on_active=float(np.mean(active)) if len(active) == len(own) else None,
        on_silent=float(np.mean(silent)) if len(silent) == len(own) else None,
        from_active=float(np.mean([one.from_active for one in own])),
        from_silence=float(np.mean([one.from_silence for one in own])),
    )


def _mean(values: Array) -> float | None:
    return float(values.mean()) if len(values) else None
