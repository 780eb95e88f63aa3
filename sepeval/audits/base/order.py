"""Which findings come first, and which fail a check."""

from __future__ import annotations

from collections.abc import Iterable

from sepeval.audits.base.audit import SEVERITIES, Finding, Severity


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, errors first, each kind by how far it can move a number, the largest first.

    An error says that a number is not what it is called; what another rule would do to it comes
    after. An error of unknown size comes before all others, because it may be of any size. Then dB
    decide, then ranks, then severity.
    """
    return tuple(sorted(findings, key=_key))


def _key(one: Finding) -> tuple[object, ...]:
    is_error = one.severity == "error"
    unknown = is_error and one.effect_db is None and one.effect_ranks is None
    severity = -SEVERITIES.index(one.severity)
    size = (-(one.effect_db or 0.0), -(one.effect_ranks or 0))
    return (not is_error, not unknown, *size, severity, one.audit, one.where)


def failing(findings: Iterable[Finding], *, least: Severity) -> tuple[Finding, ...]:
    """Return the findings that are as severe as `least`, or more."""
    level = SEVERITIES.index(least)
    return tuple(one for one in findings if SEVERITIES.index(one.severity) >= level)
