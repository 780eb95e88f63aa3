"""What a reader of a table of times must know: sentences below it, and its signature."""

from __future__ import annotations

from collections.abc import Sequence

from sepeval.report.tables.timing_rows import TimingRow
from sepeval.timing import Timing, what_differs


def notes(
    rows: Sequence[TimingRow], timings: Sequence[Timing], letters: Sequence[str]
) -> list[str]:
    """Return what a reader of times must know, in sentences.

    Args:
        rows: of the table.
        timings: that they are of.
        letters: of the machine of each; empty where there is one.
    """
    clock = {
        "segment": "time, RTF: one segment from the samples in memory to all stems",
        "track": "track: with chunks, overlap, transfers and joining, as a run separates it",
    }
    units = {"segment": any(row.unit == "segment" for row in rows)}
    units["track"] = any(row.track is not None for row in rows)
    found = [
        "; ".join(text for unit, text in clock.items() if units[unit])
        + ". RTF is over the audio that is produced; less is faster. x first: ratio to the first "
        "row of the run, the median over pairs of rounds in which the arms took turns",
    ]
    if any("random weights" in row.marks for row in rows):
        found.append("random weights: of the shape that its card says; there is no quality")
    if any(row.passes for row in rows):
        found.append(
            "nfe: evaluations for one item, each stem by itself; passes: runs of each network for "
            "one call, in which stems of one batch are one"
        )
    if any(row.device is not None for row in rows):
        found.append("device: between two events on the device; all else is the host's clock")
    if any(row.transfer_s is not None for row in rows):
        found.append("transfer: to the device and back, outside the clock of the segment")
    if any(row.execution not in ("eager", "own") for row in rows):
        found.append("first: the very first call of the arm, in which it is compiled")
    if any(row.precision in ("bf16", "fp16") for row in rows):
        found.append("bf16, fp16: by autocast; to round the weights is inside the clock")
    if any(row.parameters for row in rows):
        found.append("memory: weights + what a call takes beside them, at most")
    if any("not settled" in row.marks for row in rows):
        found.append("not settled: the medians of the warm-up still differed when its time was up")
    if any(row.tflop is not None for row in rows):
        found.append(
            "TFLOP: products of matrices, convolutions, attention and recurrent layers of one "
            "item, two for a multiplication with addition; of peak: over what a product of two "
            "square matrices reaches here at this precision"
        )
    found += [
        f"failed: {one.title}: {one.reason}" for timing in timings for one in timing.record.failed
    ]
    differ = what_differs(timings, letters)
    told = dict.fromkeys(
        f"machine {letter}: {_machine(one)}; differs in: {differ[letter]}"
        for one, letter in zip(timings, letters, strict=True)
        if letter
    )
    return [*found, *told, *_runs(timings)]


def _runs(timings: Sequence[Timing]) -> list[str]:
    """Return when each of several runs was, and what it saw: their arms did not take turns."""
    if len(timings) == 1:
        return []
    return [
        f"run {place}, of {one.record.started}: {_seen([one]) or 'load unknown'}; its arms took "
        "turns with each other, and with none of another run"
        for place, one in enumerate(timings, start=1)
    ]


def _machine(timing: Timing) -> str:
    machine = timing.record.machine
    name = machine.device_name or machine.processor or machine.device
    versions = ", ".join(f"{key} {value}" for key, value in machine.versions.items())
    driver = machine.gpu.get("driver_version", "")
    parts = [name, f"{machine.threads} threads", versions, f"driver {driver}" if driver else ""]
    return ", ".join(part for part in parts if part)


def signature(timings: Sequence[Timing]) -> str:
    """Return protocol, hash, machine, its state, and counts, in one line."""
    first = timings[0].record
    machines = list(dict.fromkeys(_machine(one) for one in timings))
    place = machines[0] if len(machines) == 1 else f"{len(machines)} machines"
    arms = sum(len(one.record.arms) for one in timings)
    parts = [f"{first.protocol_id} {first.protocol_hash[:8]}", place, _seen(timings)]
    parts.append(f"{arms} arms in {len(timings)} runs")
    return " | ".join(part for part in parts if part)


def _seen(timings: Sequence[Timing]) -> str:
    """Return what changed by the minute: load, clocks, and who else was on the GPU."""
    states = [one for timing in timings for one in timing.record.states]
    loads = [one.load for one in states if one.load is not None]
    clocks = [one.clock_mhz for one in states if one.clock_mhz is not None]
    others = [one.gpu_processes for one in states if one.gpu_processes is not None]
    return ", ".join(
        [
            *([f"load {min(loads):.1f} to {max(loads):.1f}"] if loads else []),
            *([f"clock {min(clocks):.0f} to {max(clocks):.0f} MHz"] if clocks else []),
            *([f"at most {max(others)} processes on the GPU"] if others else []),
        ]
    )
