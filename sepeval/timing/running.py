"""Timing separators under a protocol, from the first warm-up to the record on disk."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sepeval.errors import DependencyError, SeparatorError
from sepeval.inference import Device, refuse_missing_device, torch_device
from sepeval.timing import facts
from sepeval.timing.clock import Clock, clock_of, overhead_s
from sepeval.timing.doubling import best_batch
from sepeval.timing.guests import GuestClock, in_use, note
from sepeval.timing.machine import machine, pinned, state
from sepeval.timing.measuring import Arm, Call, row, settled_garbage, taking_turns, warm
from sepeval.timing.plans import Plan, Subject, device_of, has_inner_network, plans_of
from sepeval.timing.protocol import Doubling, TimingProtocol
from sepeval.timing.records import SCHEMA, ArmRecord, FailedArm, Record, Timing, write
from sepeval.timing.telling import checked, record_of
from sepeval.timing.unfinished import FAILURES, Unfinished, failed, unfinished

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
    parts: Unfinished
    told: Told
    note: Callable[[], str]  # on how separators without a network are measured


def time_separators(
    subjects: Sequence[Subject],
    protocol: TimingProtocol,
    *,
    root: Path,
    clock: Clock | None = None,
    told: Told = lambda _: None,
) -> Timing:
    """Time separators side by side, write the run and return it.

    All arms are warmed one after the other and then take turns. Nothing is scored, read or
    written while a clock runs; what is measured of an arm is kept between arms, so that a run
    that is killed has lost no more than what was under way, and one that is interrupted nothing.
    An arm that fails is recorded with its reason, and the others go on.

    Args:
        subjects: the separators.
        protocol: how they are timed.
        root: folder of runs of timings.
        clock: that measures; None: that of the device. One that waits for an accelerator of which
            torch does not know is `HostClock(synchronise=...)`.
        told: gets lines of progress.

    Raises:
        SeparatorError: a separator cannot be timed so; or every arm fails, such as by other
            shapes than it says, or by no finite numbers.
        DependencyError: the device is not there, or the protocol is not for it.
        StoreError: the run cannot be written.
    """
    device = device_for(subjects, protocol)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    parts = unfinished(root, protocol.id, started)
    with pinned(protocol.cpu_threads) as threads, settled_garbage():
        has_guests = any(device_of(one.separator) is None for one in subjects)
        own = GuestClock() if has_guests and device == "cpu" else clock_of(device)
        noted = note if type(clock or own) is type(own) else lambda: "the clock was given"
        clock = clock or own
        states = [state("before", device)]
        plans = [plan for one in subjects for plan in plans_of(one, protocol)]
        peaks, calls = _peaks(plans, protocol, device, clock)
        run = _Run(protocol, device, clock, peaks, parts, told, noted)
        ready, failures = _made_ready(plans, run)
        if not ready:
            raise SeparatorError("; ".join(f"{one.title}: {one.reason}" for one in failures))
        used = in_use() if isinstance(clock, GuestClock) else ()
        seen = f"cuda:{used[0]}" if used else device
        place = machine(seen, threads=threads)
        states.append(state("warm", seen))
        timed, more = _timed(ready, plans, run)
        failures += more
        states.append(state("after", seen))
        overhead = overhead_s(clock)
    calls += [one for arm in ready for one in arm.calls] + timed
    lost = {one.number for one in failures}
    record = Record(
        schema_version=SCHEMA,
        started=started,
        protocol=protocol.model_dump(mode="json"),
        protocol_id=protocol.id,
        protocol_hash=protocol.hash,
        machine=place,
        states=states,
        overhead_s=overhead,
        arms=[one.record for one in ready if one.record.number not in lost],
        calls_sha256="",
        failed=failures,
    )
    first = min(one.began_s for one in calls)
    made = write(root, record, [one._replace(began_s=one.began_s - first) for one in calls])
    parts.clear()
    return made


def _made_ready(plans: Sequence[Plan], run: _Run) -> tuple[list[_Ready], list[FailedArm]]:
    """Return the arms that are warm, each kept on disk at once, and those that failed."""
    ready: list[_Ready] = []
    failures: list[FailedArm] = []
    for number, plan in enumerate(plans):
        run.told(f"{plan.subject.name}: {plan.unit}, {plan.precision}, {plan.execution}")
        try:
            one = _ready(plan, number, run)
        except FAILURES as error:
            failures.append(failed(plan, number, "warm_up", error))
            run.told(f"failed: {failures[-1].reason}")
            continue
        run.parts.keep(f"arm-{number}", one.calls, one.record)
        ready.append(one)
    return ready, failures


def device_for(subjects: Sequence[Subject], protocol: TimingProtocol) -> Device:
    """Return the one device of all networks, on which a protocol can be followed.

    No weights are read, so it can be asked before they are there.

    Raises:
        SeparatorError: there is no separator, or they have several devices, or one must be timed
            by itself, or the device does not know a precision.
        DependencyError: the device is not there, or the protocol is not for it.
    """
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
    for precision in protocol.precisions if found else ():
        refuse_missing_device(device, precision)
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
        room = facts.emptied(run.device)

        def arm_of(tried: int) -> Arm:
            facts.emptied(run.device)
            return plan.arm(tried)

        def taken() -> float | None:
            return None if room is None else room.taken()

        doubled = best_batch(arm_of, rule, run.clock, taken, number=number)
        batch, ended = doubled.batch, doubled.ended
        calls += doubled.calls
    facts.emptied(run.device)  # no arm finds what another has left
    arm = plan.arm(batch)
    warmed = warm(arm, run.protocol.warm_up, run.clock, number=number)
    calls += warmed.calls
    samples = checked(plan, warmed.output, batch)
    moved = _transfers(plan, warmed.output, run.clock, number)
    calls += moved
    record = record_of(
        plan, number, arm, warmed.output, device=run.device, peaks=run.peaks, note=run.note
    )
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


def _timed(
    ready: Sequence[_Ready], plans: Sequence[Plan], run: _Run
) -> tuple[list[Call], list[FailedArm]]:
    """Return the calls that count: the arms of a unit take turns; and the arms that failed."""
    found: list[Call] = []
    failures: list[FailedArm] = []
    for unit in ("segment", "track"):
        numbers = [one.record.number for one in ready if one.record.unit == unit]
        arms = [one.arm for one in ready if one.record.unit == unit]
        if not arms:
            continue
        run.told(f"{unit}: {len(arms)} arms take turns")
        lost: dict[int, FailedArm] = {}

        def lose(
            place: int,
            error: Exception,
            own: Sequence[int] = numbers,
            into: dict[int, FailedArm] = lost,
        ) -> None:
            into[place] = failed(plans[own[place]], own[place], "timed", error)

        calls: list[Call] = []
        try:
            taking_turns(
                arms, run.protocol.calls, run.clock, failures=FAILURES, lost=lose, found=calls
            )
        finally:  # of an interruption too
            calls = [one._replace(arm=numbers[one.arm]) for one in calls]
            run.parts.keep(f"turns-{unit}", calls)
        found += calls
        failures += lost.values()
    return found, failures
