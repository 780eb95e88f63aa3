"""What audits share: what a finding is, what is looked at, and scoring again."""

from sepeval.audits.base.audit import (
    AUDITS,
    KINDS,
    SEVERITIES,
    AnyAudit,
    Audit,
    Finding,
    Plain,
    Runs,
    Severity,
    Split,
    Subject,
    SubjectKind,
    Table,
    audit,
)
from sepeval.audits.base.order import failing, ordered
from sepeval.audits.base.survey import PARTS, Activity, Role, Sound, Stem, Survey

__all__ = [
    "AUDITS",
    "KINDS",
    "PARTS",
    "SEVERITIES",
    "Activity",
    "AnyAudit",
    "Audit",
    "Finding",
    "Plain",
    "Role",
    "Runs",
    "Severity",
    "Sound",
    "Split",
    "Stem",
    "Subject",
    "SubjectKind",
    "Survey",
    "Table",
    "audit",
    "failing",
    "ordered",
]
