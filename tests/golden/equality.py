"""The table of equality with the original evaluators, computed from real audio.

`python -m tests.golden.equality --write` writes it into the README, between its two marks.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sepeval.kernels.cells import measure
from sepeval.metrics.base import Means, Prepared, SignalMetric, build
from sepeval.protocol import Protocol, load
from sepeval.scoring import TrackStatistics, edges, grid, score_track
from sepeval.scoring.score import measurement_key
from sepeval.summary import ALL, summarise_scores
from sepeval.types import Array, Status
from tests.golden.claims import CEILING_DB, CLAIMS, EXACT_DB, NUSSL, SINGLE_DB, Claim
from tests.shared_data import RATE, SEGMENT, STEMS, TRACKS, golden, joined, rows

README = Path(__file__).resolve().parents[2] / "README.md"
MARKS = "<!-- equality -->", "<!-- /equality -->"
SYSTEMS = ("Vanilla", "Diffusion", "CD_1_step", "CD_2_step", "CD_4_step")
STATUSES = np.array([str(status) for status in Status])
HEAD = ("original code", "number", "protocol", "values", "largest difference", "allowed")

Key = tuple[str, str, str, int, int]  # system, track, stem, start, stop


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        code: whose numbers.
        number: which.
        protocol: that has them, and its fields that were replaced.
        systems: how many systems the values are of.
        values: how many were compared.
        unmatched: values that only one side has.
        difference: the largest, in dB.
        tolerance: in dB.
    """

    code: str
    number: str
    protocol: str
    systems: int
    values: int
    unmatched: int
    difference: float
    tolerance: float


def computed() -> list[Row]:
    """Return every row."""
    return [*(compared(claim) for claim in CLAIMS), *nussl()]


def compared(claim: Claim) -> Row:
    """Return the row of a claim."""
    protocol = changed(claim.protocol, json.dumps(dict(claim.changes)))
    theirs = _aggregates(claim) if claim.is_aggregate else _windows(claim)
    systems = sorted({str(key[0]) for key in theirs})
    ours: dict[Any, float] = {}
    for system in systems:
        found = scores(claim.protocol, json.dumps(dict(claim.changes)), system)
        ours |= _reduced(claim, protocol, found, system) if claim.is_aggregate else _ok(claim, found)
    differences = [abs(ours[key] - theirs[key]) for key in ours.keys() & theirs.keys()]
    name = f"`{claim.protocol}`"
    if claim.changes:
        name += f", other {' and '.join(claim.changes)}"
    unmatched = len(ours.keys() ^ theirs.keys())
    count, largest = len(differences), max(differences, default=np.inf)
    return Row(
        claim.code, claim.number, name, len(systems), count, unmatched, largest, claim.tolerance
    )


@cache
def audio(system: str, track: str) -> Array:
    """Return [stem 1 sample]; `Mixture` has the sum of the references as every stem."""
    if system == "Mixture":
        return np.repeat(audio("original", track).sum(axis=0)[None], len(STEMS), axis=0)
    return joined(system, TRACKS[track])


@cache
def changed(name: str, changes: str) -> Protocol:
    """Return a released protocol with some of its fields replaced, given as JSON."""
    released = load(name)
    update = json.loads(changes)
    if not update:
        return released.for_stems(STEMS)
    document = released.for_stems(STEMS).model_dump()
    if "stems" in update:
        for summary in document["summaries"]:
            summary["all_stems"] = list(update["stems"])
    return Protocol.model_validate({**document, **update})


@cache
def scores(name: str, changes: str, system: str) -> pd.DataFrame:
    """Return the scores of a system on both tracks, one row per score, as a run stores them."""
    protocol = changed(name, changes)
    return pd.concat([_scores(protocol, system, track) for track in TRACKS], ignore_index=True)


def _scores(protocol: Protocol, system: str, track: str) -> pd.DataFrame:
    references, estimates = audio("original", track), audio(system, track)
    length = references.shape[2]
    cut = edges([protocol], length=length, rate=RATE)
    cells = measure(references, estimates, references.sum(axis=0), cut)
    measured = {}
    for entry in protocol.metrics:
        metric = build(entry)
        if isinstance(metric, SignalMetric):
            key = measurement_key(protocol, metric)
            if key not in measured:
                side = _prepared(protocol.model_dump_json(), entry.name, track)
                measured[key] = side.measure(references, estimates, means=Means())
    stored = TrackStatistics(cells, cut, tuple(protocol.stems), (), RATE, measured)
    found = score_track(protocol, stored)
    shape = found.values.shape
    places = np.indices(shape).reshape(3, -1)
    return pd.DataFrame(
        {
            "system": system,
            "track": track,
            "metric": np.array(found.metrics)[places[0]],
            "stem": np.array(found.stems)[places[1]],
            "start": found.windows[places[2], 0],
            "stop": found.windows[places[2], 1],
            "replicate": 0,
            "value": found.values.ravel(),
            "status": STATUSES[found.statuses.ravel()],
            "silent": found.silent[places[1], places[2]],
        }
    )


@cache
def _prepared(protocol: str, entry: str, track: str) -> Prepared:
    """Return what serves all systems: the filters' equations of a track."""
    rule = Protocol.model_validate_json(protocol)
    metric = build(next(one for one in rule.metrics if one.name == entry))
    assert isinstance(metric, SignalMetric)
    references = audio("original", track)
    windows = grid(rule, length=references.shape[2], rate=RATE).windows
    mixture = references.sum(axis=0)
    return metric.prepare(references, mixture=mixture, windows=windows, rate=RATE, means=Means())


def _ok(claim: Claim, found: pd.DataFrame) -> dict[Key, float]:
    kept = found[(found["metric"] == claim.metric) & (found["status"] == "ok")]
    names = ["system", "track", "stem", "start", "stop"]
    keys = kept[names].itertuples(index=False, name=None)
    return dict(zip(keys, kept["value"].tolist(), strict=True))


def _windows(claim: Claim) -> dict[Key, float]:
    """Return the printed numbers, and in their place float64 values above the ceiling."""
    found: dict[Key, float] = {}
    for row in rows(claim.document, claim.part):
        facts = {**row, "joined": row["segment"] is None}
        value = row[claim.column]
        if value is None or any(facts[name] != one for name, one in claim.only.items()):
            continue
        numbers = TRACKS[row["track"]]
        begin = 0 if facts["joined"] else SEGMENT * numbers.index(row["segment"])
        start, stop = row["start"] + begin, row["stop"] + begin
        key = row["system"], row["track"], row["stem"], start, stop
        above = claim.tolerance == SINGLE_DB and value >= CEILING_DB
        found[key] = _in_double(claim.metric, key) if above else value
    return found


def _in_double(metric: str, key: Key) -> float:
    """Return torchmetrics' formula with the eps of float32, in float64."""
    system, track, stem, start, stop = key
    place, window = STEMS.index(stem), slice(start, stop)
    reference = audio("original", track)[place, 0, window]
    estimate = audio(system, track)[place, 0, window]
    if metric == "si_snr":
        reference, estimate = reference - reference.mean(), estimate - estimate.mean()
    eps = float(np.finfo(np.float32).eps)
    gain = {"snr": 1.0, "si_sdr": 0.0, "si_snr": 0.0}[metric]
    gain = gain or (estimate @ reference + eps) / (reference @ reference + eps)
    target, error = gain * reference, estimate - gain * reference
    return float(10.0 * np.log10((target @ target + eps) / (error @ error + eps)))


def _reduced(
    claim: Claim, protocol: Protocol, found: pd.DataFrame, system: str
) -> dict[tuple[str, str], float]:
    return {
        (system, row.stem): row.value
        for row in summarise_scores(found, protocol, system=system)
        if (row.summary, row.metric) == (claim.summary, claim.metric)
        and row.value is not None
        and (row.stem != ALL or claim.all_stems)
    }


def _aggregates(claim: Claim) -> dict[tuple[str, str], float]:
    names = {stem: claim.column.format(stem=stem) for stem in STEMS}
    if claim.all_stems:
        names[ALL] = claim.all_stems
    return {
        (entry["system"], stem): entry["values"][name]
        for entry in golden(claim.document)["aggregates"]
        if all(entry[key] == one for key, one in claim.only.items())
        for stem, name in names.items()
        if entry["values"].get(name) is not None
    }


def nussl() -> list[Row]:
    """Return the rows of the one code without a golden file: its formula, on whole tracks."""
    theirs: dict[str, dict[Key, float]] = {}
    for system in SYSTEMS:
        for track in TRACKS:
            for stem in STEMS:
                found = _projections(audio("original", track), audio(system, track), stem)
                key = system, track, stem, 0, audio("original", track).shape[2]
                for name, value in found.items():
                    theirs.setdefault(name, {})[key] = value
    protocol, parts = "nussl-si-sdr", []
    for name, expected in theirs.items():
        claim = Claim(NUSSL, "", protocol, name, "", "", EXACT_DB)
        ours = {k: v for one in SYSTEMS for k, v in _ok(claim, scores(protocol, "{}", one)).items()}
        largest = max(abs(ours[key] - expected[key]) for key in ours.keys() & expected.keys())
        unmatched = len(ours.keys() ^ expected.keys())
        number = name.replace("_", "-").upper() + " (*)"
        counts = len(SYSTEMS), len(expected), unmatched
        parts.append(Row(NUSSL, number, f"`{protocol}`", *counts, largest, EXACT_DB))
    return parts


def _projections(references: Array, estimates: Array, stem: str) -> dict[str, float]:
    """Return the ratios of Le Roux et al. [1] from samples, by solving for the projections.

    References:
        [1] Le Roux, Wisdom, Erdogan, Hershey. "SDR - half-baked or well done?", ICASSP 2019.
    """
    place = STEMS.index(stem)
    sources = references[:, 0] - references[:, 0].mean(axis=1, keepdims=True)
    estimate = estimates[place, 0] - estimates[place, 0].mean()
    own = sources[place]
    target = (own @ estimate) / (own @ own) * own
    rest = estimate - target
    interference = sources.T @ np.linalg.lstsq(sources @ sources.T, sources @ rest)[0]
    artefacts, error = rest - interference, estimate - own
    below = {"si_sdr": rest, "si_sir": interference, "si_sar": artefacts, "sd_sdr": error}
    return {
        name: float(10.0 * np.log10((target @ target) / (part @ part)))
        for name, part in below.items()
    }


def table(found: list[Row]) -> str:
    """Return the rows in Markdown."""
    lines = [list(HEAD), ["---"] * 3 + ["---:"] * 3]
    for row in found:
        lines.append(
            [
                row.code,
                f"{row.number}, {row.systems} systems",
                row.protocol,
                str(row.values),
                rounded(row.difference),
                f"{row.tolerance:.0e}".replace("e-0", "e-"),
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rounded(difference: float) -> str:
    """Return a difference in dB with one digit, rounded up; below 1e-9 it is rounding.

    Example:
        >>> rounded(1.2e-05), rounded(4e-12)
        ('2e-5', '< 1e-9')
    """
    if difference < EXACT_DB:
        return "< 1e-9"
    exact = Decimal(difference)
    digit = Decimal(1).scaleb(exact.adjusted())
    return f"{exact.quantize(digit, rounding=ROUND_CEILING):.0e}".replace("e-0", "e-")


def in_readme(text: str) -> str:
    """Return what stands between the marks."""
    return text.partition(MARKS[0])[2].partition(MARKS[1])[0].strip()


def written(text: str, content: str) -> str:
    """Return the README with other content between the marks."""
    pattern = re.compile(f"({re.escape(MARKS[0])}).*({re.escape(MARKS[1])})", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}\n{content}\n{found[2]}", text)


def main(arguments: list[str]) -> int:
    """Write the table into the README, or print it."""
    content = table(computed())
    if arguments == ["--write"]:
        README.write_text(written(README.read_text(encoding="utf-8"), content), encoding="utf-8")
    else:
        sys.stdout.write(content + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
