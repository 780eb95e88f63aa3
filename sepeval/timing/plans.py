"""From separators and a protocol to the arms that are timed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from sepeval.errors import SeparatorError
from sepeval.inference import Device, numerics, torch_device
from sepeval.protocol import in_samples
from sepeval.separators.base import Described, Estimate, Separator
from sepeval.separators.network import Model, NetworkSeparator
from sepeval.timing.execution import Replacements, compiled_or_error, replaced, replacements
from sepeval.timing.families import segment_function
from sepeval.timing.measuring import Arm
from sepeval.timing.protocol import TimingProtocol
from sepeval.timing.records import Unit

if TYPE_CHECKING:
    from torch import Tensor, nn

Weights: TypeAlias = Literal["random", "loaded", "none"]
Around: TypeAlias = "Callable[[], AbstractContextManager[None]]"


@dataclass(frozen=True)
class Subject:
    """A separator that is timed.

    Attributes:
        name: for tables.
        separator: with its settings.
        weights: where those of its network come from.
        rate: that a separator without a network hears, in Hz.
        channels: that it hears.
    """

    name: str
    separator: Separator
    weights: Weights = "loaded"
    rate: int | None = None
    channels: int | None = None


@dataclass(frozen=True)
class Plan:
    """One way of running one separator.

    Attributes:
        subject: what is run.
        unit: on what.
        separator: with the precision of this way.
        model: its network; None where it has none.
        precision: `own` where there is no network, like the next.
        execution: eager or compiled.
        rate: in Hz.
        channels: that are heard.
        samples: of one item.
        call_of: what is inside the clock, for a batch.
        transfer_of: the way to the device and back for one item, where it is outside the clock.
        eager: what must hold during a call.
        chosen: methods that stand in for the network's own under its execution.
    """

    subject: Subject
    unit: Unit
    separator: Separator
    model: Model | None
    precision: str
    execution: str
    rate: int
    channels: int
    samples: int
    call_of: Callable[[int], Callable[[], object]]
    eager: Around
    transfer_of: Callable[[object], tuple[Callable[[], object], ...]] | None = None
    chosen: Replacements = ()
    parts: Mapping[str, nn.Module] = field(default_factory=dict)

    def around(self) -> AbstractContextManager[None]:
        """Return what holds during a call, with the execution."""
        return _both(self.eager, self.chosen)

    def arm(self, batch: int) -> Arm:
        """Return the arm for a batch."""
        return Arm(self.call_of(batch), self.around, batch)


@contextmanager
def _both(around: Around, chosen: Replacements) -> Iterator[None]:
    strict = compiled_or_error if chosen else nullcontext
    with replaced(chosen), strict(), around():
        yield


def plans_of(subject: Subject, protocol: TimingProtocol) -> tuple[Plan, ...]:
    """Return every way in which a protocol times a separator, segments first.

    Raises:
        SeparatorError: the separator has no network and only segments are timed, or does not say
            what it hears, or the protocol does not fit its network.
    """
    separator = subject.separator
    if not isinstance(separator, NetworkSeparator):
        return (_without_network(subject, protocol),)
    found: list[Plan] = []
    for unit in _units(protocol):
        for precision in protocol.precisions:
            own = dataclasses.replace(separator, precision=precision)
            model = own._model()  # loaded once: what is kept per process could be dropped
            for execution in protocol.executions:
                make = _segment if unit == "segment" else _track
                plan = make(subject, own, model, protocol)
                chosen = replacements(model.parts, execution)
                found.append(dataclasses.replace(plan, execution=execution, chosen=chosen))
    return tuple(found)


def _units(protocol: TimingProtocol) -> tuple[Unit, ...]:
    segment: tuple[Unit, ...] = () if protocol.segment is None else ("segment",)
    return segment if protocol.track is None else (*segment, "track")


def _segment(
    subject: Subject, separator: NetworkSeparator, model: Model, protocol: TimingProtocol
) -> Plan:
    unit = protocol.segment
    if unit is None:
        raise SeparatorError(f"{protocol.id} times no segments")
    samples = model.segment if unit.samples == "native" else unit.samples
    if samples is None or samples % model.multiple:
        message = (
            f"{subject.name}: a segment must have a number of samples that is a multiple of "
            f"{model.multiple}; found {samples}. Copy the timing protocol and name one"
        )
        raise SeparatorError(message)
    place = torch_device(separator.device)
    function = segment_function(separator, model, unit, separator.describe())
    shape = (model.channels, samples)

    def call_of(batch: int) -> Callable[[], object]:
        import torch

        heard = _heard((batch, *shape), protocol)
        host = torch.from_numpy(heard.astype(np.float32))
        seeds = list(range(batch))
        if unit.transfer:
            return lambda: function(host.to(place), seeds).to("cpu")
        there = host.to(place)
        return lambda: function(there, seeds)

    def transfer_of(output: object) -> tuple[Callable[[], object], ...]:
        import torch

        host = torch.from_numpy(_heard((1, *shape), protocol).astype(np.float32))
        estimate = _first(output)
        return (lambda: host.to(place), lambda: estimate.to("cpu"))

    return Plan(
        subject,
        "segment",
        separator,
        model,
        separator.precision,
        "eager",
        model.rate,
        model.channels,
        samples,
        call_of,
        lambda: numerics(separator.device, separator.precision),
        None if unit.transfer or place.type == "cpu" else transfer_of,
        parts=model.parts,
    )


def _track(
    subject: Subject, separator: NetworkSeparator, model: Model, protocol: TimingProtocol
) -> Plan:
    samples = _samples(protocol, model.rate)
    mixture = _heard((model.channels, samples), protocol)
    # `separate` without its look into the file: the model is here already
    return Plan(
        subject,
        "track",
        separator,
        model,
        separator.precision,
        "eager",
        model.rate,
        model.channels,
        samples,
        lambda _: lambda: separator._in_chunks(mixture, model, 0),
        nullcontext,
        parts=model.parts,
    )


def _without_network(subject: Subject, protocol: TimingProtocol) -> Plan:
    separator, rate, channels = subject.separator, subject.rate, subject.channels
    if protocol.track is None:
        message = (
            f"{subject.name}: has no network of its own, so it has no segment; take a timing "
            "protocol with track"
        )
        raise SeparatorError(message)
    if rate is None or channels is None:
        message = f"{subject.name}: does not say what it hears; name it by --rate and --channels"
        raise SeparatorError(message)
    samples = _samples(protocol, rate)
    mixture = _heard((channels, samples), protocol)
    return Plan(
        subject,
        "track",
        separator,
        None,
        "own",
        "own",
        rate,
        channels,
        samples,
        lambda _: lambda: separator.separate(mixture, rate=rate, seed=0),
        nullcontext,
    )


def _samples(protocol: TimingProtocol, rate: int) -> int:
    if protocol.track is None:
        raise SeparatorError(f"{protocol.id} times no tracks")
    return in_samples(protocol.track.seconds, rate)


def _heard(shape: tuple[int, ...], protocol: TimingProtocol) -> np.ndarray[Any, np.dtype[Any]]:
    generator = np.random.default_rng(protocol.sound.seed)
    return protocol.sound.level * generator.standard_normal(shape)


def _first(output: object) -> Tensor:
    """The estimates of the first item [stem channel sample]."""
    import torch

    if not isinstance(output, torch.Tensor):
        raise SeparatorError(f"a network returned {type(output).__name__}; expected a tensor")
    return output[:1]


def stems_of(plan: Plan, output: object) -> tuple[str, ...]:
    """Return the stems that a plan gives."""
    if plan.model is not None:
        return plan.model.stems
    return output.stems if isinstance(output, Estimate) else ()


def device_of(separator: Separator) -> Device | None:
    """Return the device of a separator's network; None where it has none."""
    return separator.device if isinstance(separator, NetworkSeparator) else None


def has_inner_network(separator: Described) -> bool:
    """Return whether a separator without a network of its own wraps one that has one."""
    inner = getattr(separator, "inner", None)
    if not isinstance(inner, Described):
        return False
    return isinstance(inner, NetworkSeparator) or has_inner_network(inner)
