"""Every audit that fits a subject, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

from sepeval.audits.base import (
    AUDITS,
    Audit,
    Finding,
    Runs,
    Split,
    Subject,
    Table,
    ordered,
)
from sepeval.errors import SepevalError, UnknownNameError
from sepeval.registry import nearest


def audit_all(
    subjects: Iterable[Subject],
    *,
    only: Sequence[str] = (),
    told: Callable[[str], None] | None = None,
) -> tuple[Finding, ...]:
    """Return what all audits find in subjects, in the order of `base.ordered`.

    An audit that cannot look, because a file is damaged, is itself a finding.

    Args:
        subjects: what is looked at.
        only: names of audits; all that fit if empty.
        told: called with the name of each audit before it looks.

    Raises:
        UnknownNameError: there is no audit of that name.
    """
    names = AUDITS.names()
    for name in only:
        if name not in names:
            raise UnknownNameError(f"no audit is named {name!r}; {nearest(name, names)}")
    found: list[Finding] = []
    for subject in subjects:
        for name in names:
            one = AUDITS.get(name)
            if (only and name not in only) or not one.looks_at(subject):
                continue
            if told is not None:
                told(name)
            found += _found(one, subject)
    return ordered(found)


def _found(one: Audit[Split] | Audit[Runs] | Audit[Table], subject: Subject) -> Iterator[Finding]:
    look = cast("Callable[[Subject], Iterable[Finding]]", one.function)  # `looks_at` has checked
    try:
        yield from look(subject)
    except SepevalError as error:
        yield Finding(
            audit=one.name,
            severity="error",
            subject=subject.name,
            where="the audit itself",
            message=f"this audit could not look: {error}",
            way_out="mend what the message names, and audit again",
        )
