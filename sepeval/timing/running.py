"""Timing separators under a protocol, from the first warm-up to the record on disk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from sepeval.errors import DependencyError, SeparatorError
from sepeval.inference import Device, Joined, torch_device
from sepeval.separators.base import Estimate
from sepeval.timing import facts
from sepeval.timing.clock import Clock, clock_of, overhead_s
from sepeval.timing.doubling import best_batch
from sepeval.timing.execution import passes
from sepeval.timing.machine import machine, pinned, state
from sepeval.timing.measuring import Arm, Call, row, taking_turns, warm
from sepeval.timing.plans import Plan, Subject, device_of, has_inner_network, plans_of, stems_of
from sepeval.timing.protocol import Doubling, TimingProtocol
from sepeval.timing.records import SCHEMA, ArmRecord, Record, Timing, write

_TRANSFERS = 20  # that are measured by themselves
Told = Callable[[str], None]  # gets a line of progress, between calls only


class _Ready(NamedTuple):
    """An arm that is warm, and what is known of it."""

    arm: Arm
    record: ArmRecord
    calls: tuple[Call, ...]


class _Run(NamedTuple):
    """What all arms share."""

    protocol: TimingProtocol
    device: Device
    clock: Clock
    peaks: dict[str, float]


def time_separators(
    subjects: Sequence[Subject],
    protocol: TimingProtocol,
    *,
    root: Path,
    told: Told = lambda _: None,
) -> Timing:
    """Time separators side by side, write the run and return it.

    All arms are warmed one after the other and then take turns. Nothing is scored, read or
    written between the first warm-up and the last call.

    Args:
        subjects: the separators.
        protocol: how they are timed.
        root: folder of runs of timings.
        told: gets lines of progress.

    Raises:
        SeparatorError: a separator cannot be timed so, gives other shapes than it says, or no
            finite numbers.
        DependencyError: the device is not there, or the protocol is not for it.
        StoreError: the run cannot be written.
    """
    device = _device(subjects, protocol)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with pinned(protocol.cpu_threads) as threads:
        clock = clock_of(device)
        place = machine(device, threads=threads)
        states = [state("before", device)]
        plans = [plan for one in subjects for plan in plans_of(one, protocol)]
        peaks, calls = _peaks(plans, protocol, device, clock)
        run = _Run(protocol, device, clock, peaks)
        ready = []
        for number, plan in enumerate(plans):
            told(f"{plan.subject.name}: {plan.unit}, {plan.precision}, {plan.execution}")
            ready.append(_ready(plan, number, run))
            calls += ready[-1].calls
        states.append(state("warm", device))
        calls += _timed(ready, run, told)
        states.append(state("after", device))
        overhead = overhead_s(clock)
    record = Record(
        schema_version=SCHEMA,
        started=started,
        protocol=protocol.model_dump(mode="json"),
        protocol_id=protocol.id,
        protocol_hash=protocol.hash,
        machine=place,
        states=states,
        overhead_s=overhead,
        arms=[one.record for one in ready],
        calls_sha256="",
    )
    first = min(one.began_s for one in calls)
    return write(root, record, [one._replace(began_s=one.began_s - first) for one in calls])


def _device(subjects: Sequence[Subject], protocol: TimingProtocol) -> Device:
    """Return the one device of all networks."""
    if not subjects:
        raise SeparatorError("name a separator to be timed")
    wrapped = [one.name for one in subjects if has_inner_network(one.separator)]
    if wrapped and len(subjects) > 1:
        message = (
            f"{wrapped[0]}: holds a network inside another separator, which could be loaded anew "
            "at every turn; time it in a run of its own"
        )
        raise SeparatorError(message)
    found = {device_of(one.separator) for one in subjects} - {None}
    if len(found) > 1:
        message = (
            f"separators are timed side by side on one device; found {sorted(map(str, found))}"
        )
        raise SeparatorError(message)
    device = str(next(iter(found), "cpu"))
    kind = torch_device(device).type
    if kind not in protocol.devices:
        message = (
            f"{protocol.id} is for {' and '.join(protocol.devices)}; found device {device!r}: add "
            f"--setting device={protocol.devices[0]}, or take another timing protocol"
        )
        raise DependencyError(message)
    return device


def _peaks(
    plans: Sequence[Plan], protocol: TimingProtocol, device: Device, clock: Clock
) -> tuple[dict[str, float], list[Call]]:
    """Return the device's peak by precision, with the calls, whose arms are below zero."""
    peaks: dict[str, float] = {}
    calls: list[Call] = []
    if all(plan.model is None for plan in plans):
        return peaks, calls
    for place, precision in enumerate(protocol.precisions):
        found = facts.peak(device, precision, protocol.peak, clock, number=-1 - place)
        peaks[precision] = found.flops
        calls += found.calls
    return peaks, calls


def _ready(plan: Plan, number: int, run: _Run) -> _Ready:
    """Find the batch, count, warm up, and say what is known of an arm."""
    calls: list[Call] = []
    batch, ended = 1, ""
    rule = run.protocol.segment.batch if run.protocol.segment is not None else None
    if plan.unit == "segment" and isinstance(rule, Doubling):
        doubled = best_batch(
            plan.arm, rule, run.clock, lambda: facts.taken_share(run.device), number=number
        )
        batch, ended = doubled.batch, doubled.ended
        calls += doubled.calls
    arm = plan.arm(batch)
    warmed = warm(arm, run.protocol.warm_up, run.clock, number=number)
    calls += warmed.calls
    samples = _checked(plan, warmed.output, batch)
    moved = _transfers(plan, warmed.output, run.clock, number)
    calls += moved
    record = _record(plan, number, run, warmed.output, arm)
    first = next(one.host_s for one in calls if one.stage in ("warm_up", "doubling"))
    record = record.model_copy(
        update={
            "batch": batch,
            "batch_ended": ended,
            "produced_s": samples / plan.rate,
            "first_s": first,
            "settled": warmed.settled,
            "transfer_s": _per_transfer(moved),
        }
    )
    return _Ready(arm, record, tuple(calls))


def _record(plan: Plan, number: int, run: _Run, output: object, arm: Arm) -> ArmRecord:
    """Return what is known of a warm arm before it is timed."""
    chunks = output.chunks if isinstance(output, Joined) else 1
    nfe = (
        output.nfe if isinstance(output, Estimate) else plan.model.nfe * chunks if plan.model else 0
    )
    notes = list(output.notes) if isinstance(output, Joined | Estimate) else []
    size = facts.memory(arm.call, plan.around, run.device)
    counted, flops = _counted(plan, arm)
    return ArmRecord(
        number=number,
        name=plan.subject.name,
        unit=plan.unit,
        description=dict(plan.separator.describe()),
        weights=plan.subject.weights if plan.model else "none",
        stems=list(stems_of(plan, output)),
        precision=plan.precision,
        execution=plan.execution,
        rate=plan.rate,
        channels=plan.channels,
        samples=plan.samples,
        batch=1,
        batch_ended="",
        produced_s=0.0,
        nfe=nfe,
        passes=counted,
        chunks=chunks,
        parameters=facts.parameters(plan.parts),
        weights_bytes=facts.weights_bytes(plan.parts),
        working_bytes=size.working_bytes,
        reserved_bytes=size.reserved_bytes,
        flops=None if flops is None else flops // arm.batch,
        peak_flops=run.peaks.get(plan.precision),
        first_s=0.0,
        settled=False,
        transfer_s=None,
        notes=notes,
    )


def _counted(plan: Plan, arm: Arm) -> tuple[dict[str, int], int | None]:
    """Return passes by network and operations of a call, which is made for this, eagerly."""
    if not plan.parts:
        return {}, None
    flops = 0

    def call() -> None:
        nonlocal flops
        flops = facts.operations(arm.call)

    with plan.eager():
        return passes(plan.parts, call), flops


def _checked(plan: Plan, output: object, batch: int) -> int:
    """Return the samples that one item gives; refuse shapes that were not promised, and NaN."""
    import torch

    name = f"{plan.subject.name} ({plan.precision}, {plan.execution})"
    if isinstance(output, torch.Tensor):
        stems = len(plan.model.stems) if plan.model else 0
        expected = (batch, stems, plan.channels, plan.samples)
        if tuple(output.shape) != expected:
            found = list(output.shape)
            raise SeparatorError(f"{name}: expected {list(expected)} samples; found {found}")
        finite = facts.are_finite([output])
    else:
        audio = output.audio if isinstance(output, Joined | Estimate) else np.full(1, np.nan)
        finite = bool(np.isfinite(audio).all())
    if not finite:
        message = f"{name}: gives samples that are not finite; its time would mean nothing"
        raise SeparatorError(message)
    return int(output.shape[-1] if isinstance(output, torch.Tensor) else audio.shape[-1])


def _transfers(plan: Plan, output: object, clock: Clock, number: int) -> list[Call]:
    """Return calls of the way to the device (place 0) and back (place 1)."""
    if plan.transfer_of is None:
        return []
    found = []
    ways = [dataclasses.replace(plan.arm(1), call=call) for call in plan.transfer_of(output)]
    for turn in range(_TRANSFERS):
        for place, way in enumerate(ways):
            measured = clock.measure(way.call)._replace(output=None)
            one = row(measured, way, number=number, stage="transfer", turn=turn, place=place)
            found.append(one)
    return found


def _per_transfer(calls: Sequence[Call]) -> float | None:
    if not calls:
        return None
    return sum(median(one.host_s for one in calls if one.place == place) for place in (0, 1))


def _timed(ready: Sequence[_Ready], run: _Run, told: Told) -> list[Call]:
    """Return the calls that count: the arms of a unit take turns."""
    found: list[Call] = []
    for unit in ("segment", "track"):
        own = [one for one in ready if one.record.unit == unit]
        if not own:
            continue
        told(f"{unit}: {len(own)} arms take turns")
        calls = taking_turns([one.arm for one in own], run.protocol.calls, run.clock)
        found += [one._replace(arm=own[one.arm].record.number) for one in calls]
    return found
