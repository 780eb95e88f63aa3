"""Why two protocols give two numbers for the same estimates.

Beginning with the first protocol, one field after the other is exchanged for that of the second,
and the run is scored again from its stored statistics after each. The effects add up to the
difference. They depend on the order, which is fixed: where windows are cut, what is heard, what is
silent, what is left out, the metric, the aggregation. A step that cannot stand alone (the windows
are not stored, the number would be infinite) is taken together with the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError

from sepeval.errors import ProtocolError, StoreError, UnknownNameError
from sepeval.protocol import Protocol
from sepeval.registry import nearest
from sepeval.runner import dataset_stems, score_table
from sepeval.store import Run
from sepeval.store.parts import data_frame
from sepeval.summary import ALL, summarise_scores

Pieces = dict[str, dict[str, JsonValue]]
_PARAMETER = "parameter "


@dataclass(frozen=True)
class Effect:
    """One step of the chain.

    Attributes:
        step: the fields that are exchanged.
        before: their values in the first protocol, as text.
        after: their values in the second.
        value: the number once they are exchanged, in dB.
        effect: how much that moved it, in dB.
    """

    step: str
    before: str
    after: str
    value: float
    effect: float


@dataclass(frozen=True)
class Explanation:
    """The chain from one number to another.

    Attributes:
        run: name of the run.
        first: id of the first protocol and name of its metric.
        second: the same of the second.
        stem: whose number is explained.
        start: the number under the first protocol, in dB.
        effects: the steps; their effects sum to the difference.
    """

    run: str
    first: str
    second: str
    stem: str
    start: float
    effects: tuple[Effect, ...]

    @property
    def stop(self) -> float:
        """The number under the second protocol, in dB."""
        return self.effects[-1].value if self.effects else self.start

    def as_text(self) -> str:
        """Return the chain as lines: effect and value in dB, the fields, and from what to what."""
        lines = [
            f"{self.run}: {self.stem}, from {self.first} to {self.second}",
            f"{'effect':>8}  {'value':>8}  what is exchanged",
            f"{'':>8}  {self.start:8.3f}  {self.first}",
        ]
        for one in self.effects:
            lines.append(f"{one.effect:+8.3f}  {one.value:8.3f}  {one.step}")
            lines += [f"{'':20}{one.before}", f"{'':20}-> {one.after}"]
        total = self.stop - self.start
        return "\n".join([*lines, f"{total:+8.3f}  {self.stop:8.3f}  {self.second}"])


def explain(
    run: Run,
    first: Protocol,
    second: Protocol,
    *,
    metrics: tuple[str, str] = ("", ""),
    stem: str = ALL,
) -> Explanation:
    """Return the difference between two protocols as a chain of single steps.

    Args:
        run: a run that holds the statistics of both.
        first: where the chain begins.
        second: where it ends.
        metrics: names of the scores compared; the first of each protocol if empty.
        stem: whose number is explained, or `All`.

    Raises:
        UnknownNameError: a protocol has no such metric, or no such stem.
        StoreError: the run cannot be scored under a protocol, or its number is not finite.
    """
    held = dataset_stems(run)
    one, other = first.for_stems(held), second.for_stems(held)
    if not (one.stems and other.stems):
        message = (
            f"{run.folder.name}: holds scores and no statistics of the dataset's stems; explain a "
            "run that was made from audio"
        )
        raise StoreError(message)
    names = (_chosen(one, metrics[0]), _chosen(other, metrics[1]))
    begin, end = _pieces(one, names[0]), _pieces(other, names[1])
    if _parameters(begin).keys() == _parameters(end).keys():
        begin, end = _split_parameters(begin), _split_parameters(end)
    start, goal = _number(run, begin, stem), _number(run, end, stem)
    if start is None or goal is None:
        which, name = (first, names[0]) if start is None else (second, names[1])
        message = (
            f"{run.folder.name}: {which.id} gives {name} no finite number for {stem!r}; choose "
            "another stem or metric"
        )
        raise StoreError(message)
    effects: list[Effect] = []
    current, value = begin, start
    waiting: list[str] = []
    for piece in begin:
        if begin[piece] == end[piece]:
            continue
        waiting.append(piece)
        current = {**current, piece: end[piece]}
        found = _value(run, current, stem)
        if found is not None:
            effects.append(_effect(waiting, begin, end, value, found))
            value, waiting = found, []
    titles = [f"{which.id} {name}" for which, name in zip((first, second), names, strict=True)]
    return Explanation(run.folder.name, titles[0], titles[1], stem, start, tuple(effects))


def _chosen(protocol: Protocol, metric: str) -> str:
    names = [entry.name for entry in protocol.metrics]
    if metric and metric not in names:
        raise UnknownNameError(f"{protocol.id} has no metric {metric!r}; {nearest(metric, names)}")
    return metric or names[0]


def _pieces(protocol: Protocol, metric: str) -> Pieces:
    """Return what can be exchanged, in the order in which it is."""
    entry = next(one for one in protocol.metrics if one.name == metric).model_dump(mode="json")
    summary = next(one for one in protocol.summaries if metric in one.metrics)
    reduction = summary.model_dump(mode="json")
    silence = protocol.silence.model_dump(mode="json")
    document = protocol.model_dump(mode="json")
    return {
        "stems": {"stems": document["stems"]},
        "segments": {"segments": document["segments"]},
        "windows": {"windows": document["windows"]},
        "audio": document["audio"],
        "silence rule": {name: silence[name] for name in ("rule", "threshold")},
        "least active references": {"min_active": silence["min_active"]},
        "a silent reference": {"reference": silence["reference"]},
        "a silent estimate": {"estimate": silence["estimate"]},
        "a silent neighbour": {"other": silence["other"]},
        "mask": {"mask": silence["mask"]},
        "windows asked for": {"where": entry["where"]},
        "metric": {"metric": entry["metric"], "parameters": entry["parameters"]},
        "aggregation": {"steps": reduction["steps"]},
        "infinities": {"infinite": reduction["infinite"]},
        "stems in All": {name: reduction[name] for name in ("all_stems", "all_by")},
    }


def _parameters(pieces: Pieces) -> dict[str, JsonValue]:
    found = pieces["metric"]["parameters"]
    return found if isinstance(found, dict) else {}


def _split_parameters(pieces: Pieces) -> Pieces:
    """Return the pieces with each parameter of the metric as a piece of its own."""
    found: Pieces = {}
    for name, piece in pieces.items():
        found[name] = {"metric": piece["metric"]} if name == "metric" else piece
        if name == "metric":
            own = _parameters(pieces).items()
            found |= {f"{_PARAMETER}{key}": {key: value} for key, value in own}
    return found


def _assembled(pieces: Pieces) -> Protocol:
    """Return the protocol that the pieces make.

    Raises:
        ValidationError: they do not fit together.
    """
    own = {name: piece for name, piece in pieces.items() if name.startswith(_PARAMETER)}
    parameters = {key: value for piece in own.values() for key, value in piece.items()}
    entry = {"name": "score", "parameters": parameters, **pieces["metric"]}
    silence = {
        **pieces["silence rule"],
        **pieces["least active references"],
        **pieces["a silent reference"],
        **pieces["a silent estimate"],
        **pieces["a silent neighbour"],
        **pieces["mask"],
    }
    reduction = {**pieces["aggregation"], **pieces["infinities"], **pieces["stems in All"]}
    return Protocol.model_validate(
        {
            "name": "explained",
            "version": 1,
            "title": "",
            "sources": ["a step between two protocols"],
            **pieces["stems"],
            "audio": pieces["audio"],
            **pieces["segments"],
            **pieces["windows"],
            "silence": silence,
            "metrics": [{**entry, **pieces["windows asked for"]}],
            "summaries": [{"name": "score", "metrics": ["score"], **reduction}],
        }
    )


def _value(run: Run, pieces: Pieces, stem: str) -> float | None:
    """Return the number, or None where it cannot be had or is not finite."""
    try:
        return _number(run, pieces, stem)
    except (ValidationError, StoreError, ProtocolError):
        return None


def _number(run: Run, pieces: Pieces, stem: str) -> float | None:
    """Return the number, or None where it is not finite."""
    protocol = _assembled(pieces)
    table = score_table(run, protocol)
    rows = summarise_scores(data_frame(table), protocol, system="")
    found = {row.stem: row.value for row in rows}
    if stem not in found:
        raise UnknownNameError(f"no number for {stem!r}; {nearest(stem, found)}")
    return found[stem]


def _effect(names: list[str], begin: Pieces, end: Pieces, value: float, found: float) -> Effect:
    return Effect(
        step=" and ".join(names),
        before="; ".join(_text(begin[name], end[name]) for name in names),
        after="; ".join(_text(end[name], begin[name]) for name in names),
        value=found,
        effect=found - value,
    )


def _text(piece: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> str:
    """Return those entries of a piece that the other has not, as a short text."""
    shown = {key: value for key, value in piece.items() if other.get(key, ...) != value}
    if len(shown) == 1:
        (value,) = shown.values()
        rest = other.get(next(iter(shown)))
        if isinstance(value, dict) and isinstance(rest, dict):
            return _text(value, rest)
        return json.dumps(value).replace('"', "")
    return json.dumps(shown).replace('"', "")
