"""What is known of an arm when it is warm, and whether what it gives can be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from pydantic import JsonValue

from sepeval.errors import SeparatorError
from sepeval.inference import Device, Joined, numerics
from sepeval.separators.base import Estimate
from sepeval.separators.network import NetworkSeparator
from sepeval.timing import facts
from sepeval.timing.execution import passes, refuse_uncompiled
from sepeval.timing.flags import precision_flags
from sepeval.timing.measuring import Arm
from sepeval.timing.operations import operations
from sepeval.timing.plans import Plan, stems_of
from sepeval.timing.records import ArmRecord


def record_of(
    plan: Plan,
    number: int,
    arm: Arm,
    output: object,
    *,
    device: Device,
    peaks: Mapping[str, float],
    note: Callable[[], str],
) -> ArmRecord:
    """Return what is known of a warm arm before it is timed.

    Args:
        plan: of the arm.
        number: of the arm.
        arm: that is warm.
        output: of its last call.
        device: that is timed.
        peaks: of the device, by precision.
        note: what a reader must know of the time of a separator without a network.

    Raises:
        SeparatorError: it is to be compiled, and what was compiled is never run.
    """
    chunks = output.chunks if isinstance(output, Joined) else 1
    nfe = (
        output.nfe if isinstance(output, Estimate) else plan.model.nfe * chunks if plan.model else 0
    )
    notes = list(output.notes) if isinstance(output, Joined | Estimate) else []
    notes += [] if plan.model else [note()]
    size = facts.memory(arm.call, plan.around, device)
    counted, flops = _counted(plan, arm)
    refuse_uncompiled(plan.execution, counted)
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
        peak_flops=peaks.get(plan.precision),
        first_s=0.0,
        settled=False,
        transfer_s=None,
        notes=notes,
        flags=_flags(plan),
    )


def _flags(plan: Plan) -> dict[str, JsonValue]:
    """Return torch's flags where the network is called; a track sets its precision by itself."""
    separator = plan.separator
    if not isinstance(separator, NetworkSeparator):
        return precision_flags()
    with numerics(separator.device, separator.precision):
        return precision_flags()


def _counted(plan: Plan, arm: Arm) -> tuple[dict[str, int], int | None]:
    """Return passes by network and operations of a call, which is made for this, eagerly."""
    if not plan.parts:
        return {}, None
    flops = 0

    def call() -> None:
        nonlocal flops
        flops = operations(arm.call)

    with plan.eager():
        return passes(plan.parts, call), flops


def checked(plan: Plan, output: object, batch: int) -> int:
    """Return the samples that one item gives.

    Raises:
        SeparatorError: the output has a shape that was not promised, or is not finite.
    """
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
