"""Protocols: documents that say what is measured, exactly and without defaults."""

from sepeval.protocol.library import load, released
from sepeval.protocol.model import Protocol, in_samples
from sepeval.protocol.rules import (
    AudioRule,
    LengthRule,
    MetricEntry,
    Segments,
    Silence,
    Sliding,
    Step,
    Summary,
    Whole,
)

__all__ = [
    "AudioRule",
    "LengthRule",
    "MetricEntry",
    "Protocol",
    "Segments",
    "Silence",
    "Sliding",
    "Step",
    "Summary",
    "Whole",
    "in_samples",
    "load",
    "released",
]
