"""What a protocol measures, in sentences made from its fields, and what a status means."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sepeval.protocol import Protocol, Segments, Sliding, Summary
from sepeval.types import Status

STATUSES: Mapping[Status, str] = MappingProxyType(
    {
        Status.OK: "there is a value, and it is used",
        Status.SILENT_REFERENCE: "the stem's reference is silent there",
        Status.SILENT_ESTIMATE: "the stem's estimate is silent there",
        Status.SILENT_OTHER: "another stem is silent there, or too few references sound",
        Status.UNDEFINED: "the metric has no value there",
        Status.ILL_CONDITIONED: "the published value is decided by rounding on this track",
        Status.PLUS_INF: "the value is plus infinity: the metric finds nothing wrong",
        Status.MINUS_INF: "the value is minus infinity: the metric finds nothing right",
        Status.ERROR: "the track could not be evaluated",
    }
)


def measured(protocol: Protocol) -> tuple[str, ...]:
    """Return what is scored, and how scores become the numbers of a table."""
    metrics = ", ".join(entry.name for entry in protocol.metrics)
    scored = f"It scores {_joined(list(protocol.stems))} with {metrics} {_windows(protocol)}."
    return scored, *(_summary(summary) for summary in protocol.summaries)


def on_silence(protocol: Protocol) -> tuple[str, ...]:
    """Return what silence is, and what happens to silent and missing stems."""
    rule = protocol.silence
    meaning = {
        "norm_per_sample": f"its norm divided by its samples is below {rule.threshold}",
        "rms_dbfs": f"its RMS is below {rule.threshold} dBFS",
        "zero": "all its samples are zero",
        "zero_channel_sum": "the sum of its channels is zero at every sample",
    }[rule.rule]
    found = [f"A signal is silent in a window if {meaning}."]
    if rule.reference == "score":
        found.append(
            "A stem whose reference is silent is scored like any other: such a score compares "
            "levels and says nothing about the separation of a sound; the tables count them."
        )
    else:
        found.append("A stem whose reference is silent in a window is not scored there.")
    if rule.estimate == "leave_out":
        found.append(
            "A stem whose estimate is silent in a window is not scored there, so a system that "
            "returns silence takes windows out of its own score."
        )
    if rule.other == "leave_out":
        found.append("A window is left out for all stems as soon as one of them is silent in it.")
    if rule.mask == "shared":
        found.append(
            "What is left out because one system is silent there is left out for all systems that "
            "are shown together, so a number depends on who stands beside it."
        )
    if rule.min_active:
        found.append(
            f"A window with fewer than {rule.min_active} sounding references is left out for all "
            "stems."
        )
    found.append(
        {
            "silent": "A stem that a track does not have counts as silent.",
            "leave_out": "A stem that a track does not have is not scored.",
            "error": "A track that lacks a stem is an error.",
        }[protocol.audio.missing]
    )
    return tuple(found)


def _windows(protocol: Protocol) -> str:
    segments = protocol.segments
    inside = f" inside segments of {_length(segments)}" if segments else ""
    if not isinstance(protocol.windows, Sliding):
        return f"over whole segments of {_length(segments)}" if segments else "over whole tracks"
    windows = protocol.windows
    tail = {
        "drop": "a shorter rest at the end is not scored",
        "partial": "a shorter rest at the end is a window of its own",
        "pad": "a shorter rest at the end is filled up with zeros",
    }[windows.tail]
    return f"in windows of {windows.length_s:g} s every {windows.hop_s:g} s{inside}; {tail}"


def _length(segments: Segments) -> str:
    if segments.length_s is not None:
        return f"{segments.length_s:g} s"
    return f"{segments.length} samples"


def _summary(summary: Summary) -> str:
    steps = [
        f"{step.by.replace('_', ' ')} over {_joined([f'{axis}s' for axis in step.over])}"
        + (" at once" if len(step.over) > 1 else "")
        for step in summary.steps
    ]
    found = f"The table's “{summary.name}” is the {', then the '.join(steps)}"
    if summary.all_stems:
        by = summary.all_by.replace("_", " ")
        found += f"; All is the {by} of {_joined(list(summary.all_stems))}"
    kept = "kept" if summary.infinite == "keep" else "left out"
    return f"{found}. Infinite scores are {kept}."


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
