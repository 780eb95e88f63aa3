"""ISR, SIR and SAR: filters that are fitted otherwise make other numbers of one name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import pandas as pd

from sepeval.audits.base import Finding, Runs, audit
from sepeval.protocol import Protocol
from sepeval.what_if import Comparison, Sheet, of_frames, sheets

_LEAST_DB = 0.05
_METRICS = ("bsseval", "bsseval_stable")
_PLACE = ["track", "stem", "replicate", "start"]


@audit("filters", of="runs", pitfalls=("P28",))
def filters(runs: Runs) -> Iterator[Finding]:
    """Do two protocols of one table fit the filters of ISR, SIR and SAR otherwise?

    Length of the filters, the stretch they are fitted on, and the stems that they stand between
    all change the ratios. Compared are windows that both have, in the order of reductions of one.
    """
    measured = [sheet for sheet in sheets(runs.runs) if _ratios(sheet.board.protocol)]
    for one, other in combinations(measured, 2):
        alike = [run.folder for run in one.board.runs] == [run.folder for run in other.board.runs]
        comparison = _comparison(one, other) if alike else None
        if comparison is None or comparison.effect < _LEAST_DB:
            continue
        ids = one.board.protocol.id, other.board.protocol.id
        yield Finding(
            audit="filters",
            severity="warning" if comparison.turns else "note",
            subject=runs.name,
            where=f"{ids[0]}, {ids[1]}",
            message=(
                f"Under {ids[0]} filters are {_told(one.board.protocol)}, under {ids[1]} "
                f"{_told(other.board.protocol)}; on the windows that both have, with those of the "
                f"latter {comparison.words}"
            ),
            way_out="state taps, span and stems of the filters; compare numbers of one kind only",
            **comparison.facts(),
        )


def _comparison(one: Sheet, other: Sheet) -> Comparison | None:
    """Return how the ratios differ; None where the protocols have none in common, or the same."""
    first, second = _ratios(one.board.protocol), _ratios(other.board.protocol)
    shared = [output for output in first if output in second]
    stems = [stem for stem in one.board.protocol.stems if stem in other.board.protocol.stems]
    if not shared or not stems or _told(one.board.protocol) == _told(other.board.protocol):
        return None
    names = {second[output]: first[output] for output in shared}
    frames = {
        system: _of_both(frame, other.frames[name], names, stems)
        for (system, frame), name in zip(one.frames.items(), other.frames, strict=True)
    }
    summary = one.board.protocol.summaries[0]
    document = one.board.protocol.model_copy(
        update={
            "stems": {stem: one.board.protocol.stems[stem] for stem in stems},
            "summaries": [
                summary.model_copy(update={"metrics": list(names.values()), "all_stems": []})
            ],
        }
    )
    before, after = (
        of_frames({system: pair[place] for system, pair in frames.items()}, document)
        for place in (0, 1)
    )
    return one.board.compare(before, after)


def _of_both(
    one: pd.DataFrame, other: pd.DataFrame, names: Mapping[str, str], stems: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the finite scores of places that both have, under the names of the first."""
    pair = []
    for frame, renamed in ((one, {name: name for name in names.values()}), (other, names)):
        metric = frame["metric"].astype(str).map(renamed)
        known = metric.notna() & (frame["status"].astype(str) == "ok")
        own = frame[known & frame["stem"].astype(str).isin(stems)].assign(metric=metric)
        pair.append(own.astype({"track": str, "stem": str}))
    places = [pd.MultiIndex.from_frame(frame[[*_PLACE, "metric"]]) for frame in pair]
    return pair[0][places[0].isin(places[1])], pair[1][places[1].isin(places[0])]


def _ratios(protocol: Protocol) -> dict[str, str]:
    """Return the names of the ratios that need filters, by output."""
    return {
        str(entry.parameters["output"]): entry.name
        for entry in protocol.metrics
        if entry.metric in _METRICS and entry.parameters.get("output") != "sdr"
    }


def _told(protocol: Protocol) -> str:
    entry = next(one for one in protocol.metrics if one.name in _ratios(protocol).values())
    parameters = entry.parameters
    stems = " and ".join(sorted(protocol.stems))
    return f"of {parameters['taps']} taps, fitted on each {parameters['filters']}, between {stems}"
