"""What an audit is, what it looks at, and what it finds.

An audit is a plain function from one subject to findings, and never changes what it looks at:

    @audit("silent_windows", of="runs", pitfalls=("P1", "P2"))
    def silent_windows(runs: Runs) -> Iterator[Finding]:
        \"\"\"How much of a mean comes from windows in which the reference is silent.\"\"\"

It reads headers, audio files, cells and scores; numbers under other rules are made by scoring
again, never estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar, Union

from sepeval.audits.base.survey import Survey
from sepeval.fingerprint import of_document
from sepeval.registry import Registry
from sepeval.types import Index

if TYPE_CHECKING:
    from sepeval.store import Run

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Severity: TypeAlias = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")  # rising

_NAMED = 4  # labels in a heading

SubjectKind: TypeAlias = Literal["splits", "runs", "tables"]


@dataclass(frozen=True)
class Finding:
    """One thing that a reader of a number must know.

    Attributes:
        audit: name of the audit.
        severity: `error`: the number is not what it is called; `warning`: it can mislead, or
            cannot be compared; `note`: worth knowing, nothing is wrong.
        subject: what was looked at: label of a run, `dataset/split`, name of a table.
        where: track, stem, protocol or cell of the table; empty where it is the whole subject.
        message: what is the case, as one or two sentences with the numbers in them.
        way_out: what to do about it; empty where nothing has to be done.
        effect_db: by how many dB a score can move, never negative; None where that is not known.
        effect_ranks: by how many places a system can move in a table; None where it is not known.
        value: the score as it is.
        value_by_better_rule: the score under the better rule; under the other one where none is
            better.
        evidence: rows, flat mappings; rows of one kind have the same keys, the worst come first.
    """

    audit: str
    severity: Severity
    subject: str
    message: str
    where: str = ""
    way_out: str = ""
    effect_db: float | None = None
    effect_ranks: int | None = None
    value: float | None = None
    value_by_better_rule: float | None = None
    evidence: tuple[Mapping[str, Plain], ...] = ()

    @property
    def id(self) -> str:
        """Audit, and eight hexadecimal digits of subject and place; the same in every audit."""
        return f"{self.audit}-{of_document([self.subject, self.where])[:8]}"


@dataclass(frozen=True)
class Split:
    """One split of a dataset, as a subject.

    Attributes:
        index: its tracks, and which files they are.
        surveys: what was heard of its tracks; empty where nobody has listened.
        others: other splits of the same dataset, where there are some to compare with.
    """

    index: Index
    surveys: tuple[Survey, ...] = ()
    others: tuple[Split, ...] = ()

    @property
    def name(self) -> str:
        """`dataset/split`."""
        return f"{self.index.dataset}/{self.index.split}"

    @property
    def layout(self) -> str:
        """The dataset whose layout it has: that of generated music is the imitated one."""
        return self.index.choices.get("layout", self.index.dataset)


@dataclass(frozen=True)
class Runs:
    """Runs that are, or could be, rows of one table.

    Attributes:
        runs: in the order given.
    """

    runs: tuple[Run, ...]

    @property
    def name(self) -> str:
        """The labels of all runs; how many there are where a heading would not hold them."""
        labels = dict.fromkeys(run.manifest.label for run in self.runs)
        return ", ".join(labels) if len(labels) <= _NAMED else f"{len(self.runs)} runs"


@dataclass(frozen=True)
class Table:
    """A table of a paper or a report, as a subject.

    Attributes:
        path: a CSV or LaTeX file.
        text: its content.
    """

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name


Subject: TypeAlias = Union[Split, Runs, Table]  # noqa: UP007 - the names are classes at run time
S = TypeVar("S", Split, Runs, Table)
KINDS: Mapping[SubjectKind, type[Split] | type[Runs] | type[Table]] = {
    "splits": Split,
    "runs": Runs,
    "tables": Table,
}


@dataclass(frozen=True)
class Audit(Generic[S]):
    """A registered audit.

    Attributes:
        name: as findings carry it.
        of: the kind of subject it looks at.
        pitfalls: which pitfalls of the literature it sees, by number.
        question: first line of its docstring.
        function: yields what it finds in one subject.
    """

    name: str
    of: SubjectKind
    pitfalls: tuple[str, ...]
    question: str
    function: Callable[[S], Iterable[Finding]]

    def looks_at(self, subject: Subject) -> bool:
        """Return whether this audit can look at a subject."""
        return isinstance(subject, KINDS[self.of])


AnyAudit: TypeAlias = "Audit[Split] | Audit[Runs] | Audit[Table]"
AUDITS: Registry[AnyAudit] = Registry("sepeval.audits", kind="audit")
AuditFunction: TypeAlias = Callable[[S], Iterator[Finding]]


def audit(
    name: str, *, of: SubjectKind, pitfalls: tuple[str, ...] = ()
) -> Callable[[AuditFunction[S]], AuditFunction[S]]:
    """Return a decorator that registers a function as an audit and leaves it as it is.

    Args:
        name: of the audit; short, and free of blanks.
        of: the kind of subject that the function takes.
        pitfalls: which pitfalls it sees, such as `("P1", "P3")`.
    """

    def register(function: AuditFunction[S]) -> AuditFunction[S]:
        question = (function.__doc__ or "").strip().partition("\n")[0]
        AUDITS.add(name)(Audit(name, of, pitfalls, question, function))
        return function

    return register
