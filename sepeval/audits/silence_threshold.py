"""The level under which a reference counts as silent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.protocol import Protocol, in_samples
from sepeval.store.parts import data_frame
from sepeval.summary import ALL
from sepeval.types import Array, BoolArray
from sepeval.what_if import Board, Case, boards, cases, changed_silence, held, strongest, table

# What papers and their code take for silent, as an RMS in dBFS. `norm / n < 1.5e-5` moves with the
# length n of the window, the rate and the number of channels.
PAPERS: Mapping[str, float] = {
    "exact zeros": -math.inf,
    "norm rule, 11.9 s segment at 22.05 kHz": -42.3,
    "norm rule, 4 s at 44.1 kHz mono": -44.0,
    "norm rule, 4 s at 22.05 kHz mono, or 44.1 kHz stereo": -47.0,
    "norm rule, 3 s at 44.1 kHz stereo": -48.3,
    "norm rule, 1 s at 44.1 kHz mono": -50.0,
    "norm rule, 1 s at 22.05 kHz mono": -53.0,
}
_RANGE = tuple(float(level) for level in range(-90, -19, 10))
_LEAST_DB = 0.05
_NEARLY_DB = -70.0  # dBFS; under it nobody hears a stem beside a mixture
_APART = 0.01  # share of windows that two rules may see differently


def in_dbfs(protocol: Protocol, *, rate: int, channels: int) -> float:
    """Return the RMS in dBFS under which a full window is silent; -inf for exact zeros."""
    rule = protocol.silence
    if rule.threshold is None or rule.rule.startswith("zero"):
        return -math.inf
    if rule.rule == "rms_dbfs":
        return rule.threshold
    length_s = getattr(protocol.windows, "length_s", None)
    samples = in_samples(length_s, rate) if length_s else rate
    return 20.0 * math.log10(rule.threshold * math.sqrt(samples / channels))


@audit("silence_threshold", of="runs", pitfalls=("P8", "P20"))
def silence_threshold(runs: Runs) -> Iterator[Finding]:
    """How much does a number depend on the level under which a reference is silent?

    The evidence is the whole curve; the effect is the largest that a setting of a paper has.
    """
    for case in cases(runs.runs):
        variants = _variants(case.protocol)
        found = {level: case.under(one) for level, one in variants.items()}
        of_papers = {
            f"that of {paper}": one
            for paper, level in PAPERS.items()
            if (one := found[level]) is not None
        }
        most = strongest(of_papers)
        if most is None or (most.effect < _LEAST_DB and not most.turns):
            continue
        own = _own_level(case)
        yield Finding(
            audit="silence_threshold",
            severity="warning" if most.turns else "note",
            subject=runs.name,
            where=case.board.title,
            message=(
                f"A reference is silent under {_spelled(own)}; with the threshold of a paper "
                f"(exact zeros, or -53 to -42 dBFS) {most.words}"
            ),
            way_out="state the threshold in dBFS, and the length of the window it is taken over",
            **most.facts(_curve(case, variants)),
        )


@audit("quasi_silence", of="runs", pitfalls=("P6",))
def quasi_silence(runs: Runs) -> Iterator[Finding]:
    """Are there references that nobody hears and that are not zero?

    A noise floor of -100 dBFS turns a silent window into an active one: under the rule that takes
    exact zeros for silence, it is scored against the noise.
    """
    for case in cases(runs.runs):
        near, exact, windows = _quiet(case)
        if not near or case.protocol.silence.threshold is not None:
            continue
        comparison = case.under(_at(case.protocol, _NEARLY_DB))
        if comparison is None or comparison.effect < _LEAST_DB:
            continue
        yield Finding(
            audit="quasi_silence",
            severity="warning",
            subject=runs.name,
            where=case.board.title,
            message=(
                f"{near} of {windows} references of windows lie under {_NEARLY_DB:.0f} dBFS and "
                f"are not zero ({exact} are); they count as active. If they were silent, "
                f"{comparison.words}"
            ),
            way_out="take a threshold in dBFS for silence instead of exact zeros",
            **comparison.facts(),
        )


@audit("silence_definitions", of="runs", pitfalls=("P9",))
def silence_definitions(runs: Runs) -> Iterator[Finding]:
    """Do the columns of one table call different windows silent?"""
    seen: dict[str, list[tuple[Board, Mapping[str, float]]]] = {}
    for board in boards(runs.runs):
        run = board.runs[0]
        frame = data_frame(run.read_scores(board.protocol.id))
        known = frame[
            frame["silent"].notna()
            & (frame["metric"] == board.protocol.metrics[0].name)
            & (frame["start"] < frame["stop"])  # one in the zeros after the end is no window
        ]
        if known.empty or not run.manifest.layouts:
            continue
        stems = known.groupby(known["stem"].astype(str))["silent"]
        share = {str(stem): float(own.astype(bool).mean()) for stem, own in stems}
        seen.setdefault(str(run.folder), []).append((board, share))
    for pairs in seen.values():
        yield from _apart(runs, pairs)


def _apart(runs: Runs, pairs: Sequence[tuple[Board, Mapping[str, float]]]) -> Iterator[Finding]:
    rows: list[Mapping[str, Plain]] = []
    widest = 0.0
    for stem in dict.fromkeys(stem for _, share in pairs for stem in share):
        own = {board.protocol.id: share[stem] for board, share in pairs if stem in share}
        widest = max(widest, max(own.values()) - min(own.values()))
        rows += [{"stem": stem, "protocol": name, "silent": one} for name, one in own.items()]
    rules = {board.protocol.silence.rule for board, _ in pairs}
    if widest <= _APART or len(rules) < 2:
        return
    yield Finding(
        audit="silence_definitions",
        severity="note",
        subject=runs.name,
        where=pairs[0][0].runs[0].manifest.label,
        message=(
            f"{len(pairs)} protocols take different windows for silent: the share of one stem "
            f"differs by {100 * widest:.0f} percentage points ({', '.join(sorted(rules))})"
        ),
        way_out="set columns beside each other only if they are computed on the same windows",
        evidence=tuple(rows),
    )


def _variants(protocol: Protocol) -> dict[float, Protocol]:
    return {level: _at(protocol, level) for level in sorted({*_RANGE, *PAPERS.values()})}


def _at(protocol: Protocol, level: float) -> Protocol:
    if math.isinf(level):
        return changed_silence(protocol, rule="zero", threshold=None)
    return changed_silence(protocol, rule="rms_dbfs", threshold=level)


def curve(case: Case) -> list[Mapping[str, Plain]]:
    """Return the number of every system over the threshold of silence, as rows.

    A row has `level_dbfs` (None for exact zeros), `paper` (whose setting it is, or empty),
    `system`, `metric`, `stem`, `value` and `used` as the protocol treats silence, and the same
    without silent references.
    """
    return _curve(case, _variants(case.protocol))


def _curve(case: Case, variants: Mapping[float, Protocol]) -> list[Mapping[str, Plain]]:
    """Return the number of every system at every level, with silence scored and left out."""
    marks = {level: name for name, level in PAPERS.items()}
    rows: list[Mapping[str, Plain]] = []
    scored = case.protocol.silence.reference == "score"
    for level, variant in variants.items():
        without = changed_silence(variant, reference="leave_out") if scored else variant
        quiet = table(case.systems, without)
        for system, own in table(case.systems, variant).items():
            metric = own[0].metric
            shown = ALL if any(row.stem == ALL for row in own) else own[0].stem
            pair = [
                next(row for row in rows_ if (row.metric, row.stem) == (metric, shown))
                for rows_ in (own, quiet[system])
            ]
            rows.append(
                {
                    "level_dbfs": None if math.isinf(level) else level,
                    "paper": marks.get(level, ""),
                    "system": system,
                    "metric": metric,
                    "stem": shown,
                    "value": pair[0].value,
                    "used": pair[0].used,
                    "value_without_silence": pair[1].value,
                    "used_without_silence": pair[1].used,
                }
            )
    return rows


def _own_level(case: Case) -> float:
    first = next(
        (one.statistics for one in held(next(iter(case.systems.values()))) if one[2]), None
    )
    if first is None:
        return math.nan
    return in_dbfs(case.protocol, rate=first.rate, channels=first.cells.channels)


def _spelled(level: float) -> str:
    if math.isnan(level):
        return "its rule"
    return "exact zeros only" if math.isinf(level) else f"{level:.1f} dBFS"


def _quiet(case: Case) -> tuple[int, int, int]:
    """Return how many references of cells are nearly silent, how many are zero, and of how many."""
    near = exact = total = 0
    for one in held(next(iter(case.systems.values()))):
        if one.statistics is None:
            continue
        cells = one.statistics.cells
        energy = cells.reference[:, : cells.channels].sum(axis=1)
        samples = np.diff(one.statistics.edges)[:, None] * cells.channels
        silent, quiet = _levels(energy / np.maximum(samples, 1))
        near, exact, total = near + int(quiet.sum()), exact + int(silent.sum()), total + quiet.size
    return near, exact, total


def _levels(power: Array) -> tuple[BoolArray, BoolArray]:
    silent = power == 0
    return silent, ~silent & (power < 10.0 ** (_NEARLY_DB / 10.0))
