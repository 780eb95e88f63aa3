"""Times of several machines: refused, or told apart by letters and by what differs."""

from __future__ import annotations

from collections.abc import Sequence

from sepeval.errors import StoreError
from sepeval.timing.machine import Machine
from sepeval.timing.records import Timing


def refuse_other_machines(timings: Sequence[Timing], *, mixed: bool) -> tuple[str, ...]:
    """Return a letter for the machine of each run; all are empty where there is one machine.

    Raises:
        StoreError: there are several and that was not asked for; the message says what differs.
    """
    machines: list[Machine] = []
    for one in timings:
        if not any(one.record.machine == known for known in machines):
            machines.append(one.record.machine)
    if len(machines) == 1:
        return ("",) * len(timings)
    if not mixed:
        names = dict.fromkeys(
            name for other in machines[1:] for name in machines[0].differences(other)
        )
        message = (
            f"these timings are from {len(machines)} machines or settings, which differ in "
            f"{', '.join(names)}; their times are not comparable. Say --mixed to see them all the "
            "same, each with its machine"
        )
        raise StoreError(message)
    return tuple(_letter(machines.index(one.record.machine)) for one in timings)


def what_differs(timings: Sequence[Timing], letters: Sequence[str]) -> dict[str, str]:
    """Return, by the letter of each machine, in what it differs from the others, in words."""
    machines = {
        letter: one.record.machine for one, letter in zip(timings, letters, strict=True) if letter
    }
    known = list(machines.values())
    names = sorted({name for other in known[1:] for name in known[0].differences(other)})
    told = {letter: machine.facts() for letter, machine in machines.items()}
    return {
        letter: ", ".join(f"{name} {_worded(own.get(name))}" for name in names)
        for letter, own in told.items()
    }


def _worded(value: object) -> str:
    return "none" if value in (None, "") else str(value)


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"M{place + 1}"
