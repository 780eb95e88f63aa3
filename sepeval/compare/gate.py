"""A condition on a comparison that a program can check: `si_sdri>=-0.1`.

A value that is as near to the limit as scores repeat (`WORTH` of the larger score) is equal to it.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from sepeval.compare.outcome import Comparison, Difference
from sepeval.errors import SepevalError, UnknownNameError
from sepeval.kernels.significance import WORTH
from sepeval.registry import nearest
from sepeval.summary import ALL

_PATTERN = re.compile(
    r"\s*(?P<bound>low|high)?\(?(?P<metric>\w+)(\.(?P<stem>[^)<>=\s]+))?\)?"
    r"\s*(?P<sign>>=|<=|>|<)\s*(?P<limit>[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?)\s*"
)
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Gate:
    """What the difference from the baseline must be.

    Attributes:
        text: as it was written.
        metric: name of the score.
        stem: whose difference; `All` unless named.
        bound: `difference`, or the `low` or `high` end of its interval.
        sign: `>=`, `<=`, `>` or `<`.
        limit: in the metric's unit.
    """

    text: str
    metric: str
    stem: str
    bound: str
    sign: str
    limit: float


def parsed(text: str) -> Gate:
    """Return the gate that a text names.

    Raises:
        SepevalError: the text is no gate.

    Example:
        >>> gate = parsed("low(si_sdri.bass)>=-0.1")
        >>> gate.metric, gate.stem, gate.bound, gate.limit
        ('si_sdri', 'bass', 'low', -0.1)
    """
    found = _PATTERN.fullmatch(text)
    has_ends = ("(" in text) == (")" in text) == bool(found and found["bound"])
    if found is None or not has_ends:
        message = (
            f"{text!r} is no gate; write METRIC>=NUMBER, METRIC.STEM>=NUMBER, or "
            "low(METRIC)>=NUMBER for the lower end of the interval"
        )
        raise SepevalError(message)
    bound = found["bound"] or "difference"
    limit = float(found["limit"])
    return Gate(text, found["metric"], found["stem"] or ALL, bound, found["sign"], limit)


def broken(gate: Gate, comparison: Comparison) -> tuple[str, ...]:
    """Return why a gate is not passed, one sentence per system; empty if all pass.

    A system without a number does not pass, nor one without the interval that the gate asks for.

    Raises:
        SepevalError: the gate names another metric than the comparison.
        UnknownNameError: it names a stem that is not there.
    """
    if gate.metric != comparison.metric:
        message = (
            f"the gate {gate.text!r} is on {gate.metric}; the comparison is of "
            f"{comparison.metric}: add --metric {gate.metric}"
        )
        raise SepevalError(message)
    stems = tuple(dict.fromkeys(one.stem for one in comparison.differences))
    if gate.stem not in stems:
        raise UnknownNameError(f"no stem is named {gate.stem!r}; {nearest(gate.stem, stems)}")
    rows = [one for one in comparison.differences if one.stem == gate.stem]
    return tuple(_sentence(gate, comparison, row) for row in rows if not _passes(gate, row))


def _passes(gate: Gate, row: Difference) -> bool:
    value = getattr(row, gate.bound)
    if value is None:
        return False
    if math.isclose(value, gate.limit, rel_tol=0.0, abs_tol=WORTH * _larger(row)):
        return gate.sign in (">=", "<=")
    return _SIGNS[gate.sign](value, gate.limit)


def _larger(row: Difference) -> float:
    return max(abs(row.baseline or 0.0), abs(row.value or 0.0))


def _sentence(gate: Gate, comparison: Comparison, row: Difference) -> str:
    value = getattr(row, gate.bound)
    what = "difference" if gate.bound == "difference" else f"{gate.bound} end of the difference"
    unit = comparison.results.metrics[comparison.metric].unit
    shown = f"is {_digits(value, gate.limit)}{'' if unit == '1' else ' ' + unit}"
    if value is None:
        shown = f"has no value, as {_reason(comparison, row)}"
    return (
        f"{row.system}: {gate.metric} of {row.stem}: the {what} from {comparison.baseline} "
        f"{shown}; the gate asks for {gate.sign} {gate.limit:g}"
    )


def _digits(value: float | None, limit: float) -> str:
    """Return a value with three decimals, or as many as show that it is not the limit."""
    if value is None:
        return ""
    texts = (f"{value:+.{places}f}" for places in range(3, 12))
    return next((one for one in texts if float(one) != limit), f"{value:+.3f}")


def _reason(comparison: Comparison, row: Difference) -> str:
    """Return why a system has no difference, or no interval of it."""
    if row.difference is not None:
        return "one track gives no interval"
    without = comparison.lacking.get(row.stem, ())
    who = next((name for name in (row.system, comparison.baseline) if name in without), "")
    if not who:
        return "no track has values of all systems"
    return f"{who} has no finite value of {row.stem}"
