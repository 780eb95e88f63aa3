"""One row of a table of times: an arm's record and the quantiles of its calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from sepeval.timing import ArmRecord, Spread, Timing, per_item, ratios, spread

MISSING = "–"


@dataclass(frozen=True)
class TimingRow:
    """A separator in one way of running it, on segments, on tracks, or on both.

    Attributes:
        name: of the separator.
        marks: what a reader must know before comparing.
        machine: its letter; empty where there is one.
        run: its number; None where there is one.
        unit: what `host` and `rtf` are of: `segment`, or `track` where no segment was timed.
        seconds: length of one item.
        rate: in Hz.
        channels: that are heard.
        precision: of the network.
        execution: eager or compiled.
        batch: items in a call.
        nfe: network evaluations for one item, each stem by itself.
        passes: runs of each network for one call.
        parameters: by network.
        weights_bytes: of all networks.
        working_bytes: beside the weights, at most; None where it cannot be told.
        host: seconds per item by the host's clock.
        device: by the device's; None where it does not count by itself.
        enqueued: median share of the time after which the call had returned.
        rtf: median over seconds of audio produced.
        ratio: to the first arm of the run; None for itself.
        track: quantiles of whole tracks, in seconds; None where none were timed.
        track_rtf: their median over seconds of audio produced; None likewise.
        tflop: operations for one item, in 10¹²; None where they cannot be counted.
        of_peak: share of the device's measured peak that they are.
        transfer_s: way to the device and back, where it is outside the clock.
        first_s: time of the very first call.
    """

    name: str
    marks: tuple[str, ...]
    machine: str
    run: int | None
    unit: str
    seconds: float
    rate: int
    channels: int
    precision: str
    execution: str
    batch: int
    nfe: int
    passes: Mapping[str, int]
    parameters: Mapping[str, int]
    weights_bytes: int
    working_bytes: int | None
    host: Spread
    device: Spread | None
    enqueued: float
    rtf: float
    ratio: float | None
    track: Spread | None
    track_rtf: float | None
    tflop: float | None
    of_peak: float | None
    transfer_s: float | None
    first_s: float


def rows_of(timing: Timing, *, machine: str, run: int | None = None) -> tuple[TimingRow, ...]:
    """Return the rows of a run; the segment and the track of one way are one row.

    Args:
        timing: the run.
        machine: letter of its machine; empty where there is one.
        run: its number; None where there is one.
    """
    arms = timing.record.arms
    ways = dict.fromkeys((arm.name, arm.precision, arm.execution) for arm in arms)
    found = []
    for way in ways:
        own = {arm.unit: arm for arm in arms if (arm.name, arm.precision, arm.execution) == way}
        first = own.get("segment") or own["track"]
        row = _row(timing, first, own.get("track"))
        found.append(dataclasses.replace(row, machine=machine, run=run))
    return tuple(found)


def _row(timing: Timing, arm: ArmRecord, track: ArmRecord | None) -> TimingRow:
    calls = timing.timed(arm)
    host, device = per_item(calls), per_item(calls, by_device=True)
    middle = spread(host)
    tflop = None if arm.flops is None else arm.flops / 1e12
    of_peak = None
    if arm.flops is not None and arm.peak_flops:
        of_peak = arm.flops / middle.median / arm.peak_flops
    whole = None if track is None else spread(per_item(timing.timed(track)))
    return TimingRow(
        name=arm.name,
        marks=_marks(arm, track),
        machine="",
        run=None,
        unit=arm.unit,
        seconds=arm.samples / arm.rate,
        rate=arm.rate,
        channels=arm.channels,
        precision=arm.precision,
        execution=arm.execution,
        batch=arm.batch,
        nfe=arm.nfe,
        passes=arm.passes,
        parameters=arm.parameters,
        weights_bytes=arm.weights_bytes,
        working_bytes=arm.working_bytes,
        host=middle,
        device=spread(device) if device else None,
        enqueued=median(one.enqueued_s / one.host_s for one in calls),
        rtf=middle.median / arm.produced_s,
        ratio=_ratio(timing, arm),
        track=whole,
        track_rtf=None if whole is None or track is None else whole.median / track.produced_s,
        tflop=tflop,
        of_peak=of_peak,
        transfer_s=arm.transfer_s,
        first_s=arm.first_s,
    )


def _ratio(timing: Timing, arm: ArmRecord) -> float | None:
    first = next(one for one in timing.record.arms if one.unit == arm.unit)
    if first.number == arm.number:
        return None
    calls = (*timing.timed(first), *timing.timed(arm))
    return median(ratios(calls, arm=arm.number, over=first.number))


def _marks(arm: ArmRecord, track: ArmRecord | None) -> tuple[str, ...]:
    own = [arm] if track is None else [arm, track]
    marks = ["random weights"] if arm.weights == "random" else []
    marks += [] if all(one.settled for one in own) else ["not settled"]
    return (*marks, *dict.fromkeys(note for one in own for note in one.notes))


def cells(row: TimingRow) -> dict[str, str]:
    """Return the texts of a row by their columns, in order."""
    marks = [*row.marks, *([f"machine {row.machine}"] if row.machine else [])]
    marks += [f"run {row.run}"] if row.run else []
    name = f"{row.name} ({', '.join(marks)})" if marks else row.name
    is_segment = row.unit == "segment"
    host, device, track = row.host, row.device, row.track
    is_compiled = row.execution not in ("eager", "own")
    return {
        "system": name,
        "parameters": " + ".join(f"{one / 1e6:.3g}M" for one in row.parameters.values()) or MISSING,
        "segment, s": f"{row.seconds:.4g}" if is_segment else MISSING,
        "time, ms": _ms(host.median) if is_segment else MISSING,
        "RTF": f"{row.rtf:.3g}" if is_segment else MISSING,
        "x first": MISSING if row.ratio is None else f"{row.ratio:.3f}",
        "q25-q75, ms": f"{_ms(host.q25)}-{_ms(host.q75)}" if is_segment else MISSING,
        "p5-p95, ms": f"{_ms(host.p5)}-{_ms(host.p95)}" if is_segment else MISSING,
        "least, ms": _ms(host.minimum) if is_segment else MISSING,
        "calls": str(host.calls) if is_segment else MISSING,
        "device, ms": MISSING if device is None else _ms(device.median),
        "transfer, ms": MISSING if row.transfer_s is None else _ms(row.transfer_s),
        "first, s": f"{row.first_s:.3g}" if is_compiled else MISSING,
        "track, s": MISSING if track is None else f"{track.median:.4g}",
        "track p5-p95, s": MISSING if track is None else f"{track.p5:.4g}-{track.p95:.4g}",
        "track calls": MISSING if track is None else str(track.calls),
        "track RTF": MISSING if row.track_rtf is None else f"{row.track_rtf:.3g}",
        "nfe": str(row.nfe) if row.parameters else MISSING,
        "passes": " + ".join(map(str, row.passes.values())) or MISSING,
        "batch": str(row.batch),
        "precision": row.precision,
        "execution": row.execution,
        "TFLOP": MISSING if row.tflop is None else f"{row.tflop:.3g}",
        "of peak": MISSING if row.of_peak is None else f"{100.0 * row.of_peak:.2g} %",
        "memory, MB": _memory(row),
    }


def _memory(row: TimingRow) -> str:
    """Weights and the rest, in MB."""
    rest = MISSING if row.working_bytes is None else f"{row.working_bytes / 1e6:.3g}"
    return f"{row.weights_bytes / 1e6:.3g} + {rest}" if row.parameters else rest


def _ms(seconds: float) -> str:
    return f"{1000.0 * seconds:.4g}"
