"""Timing that can be believed: protocols, clocks, warm-up, arms that take turns, records.

The order of things is always the same: separators are loaded, the device's peak is measured,
every arm is warmed and looked at, all arms take turns, and then the run is written. An arm that
fails is recorded with its reason, and the others go on. Nothing is
scored, read or written while a clock runs, and this room cannot reach the one that scores.
"""

from sepeval.timing.apart import refuse_other_machines, what_differs
from sepeval.timing.clock import HostClock
from sepeval.timing.plans import Subject
from sepeval.timing.protocol import TimingProtocol, load, released
from sepeval.timing.records import ArmRecord, FailedArm, Timing, find, read
from sepeval.timing.running import device_for, time_separators
from sepeval.timing.statistics import Spread, per_item, ratios, spread

__all__ = [
    "ArmRecord",
    "FailedArm",
    "HostClock",
    "Spread",
    "Subject",
    "Timing",
    "TimingProtocol",
    "device_for",
    "find",
    "load",
    "per_item",
    "ratios",
    "read",
    "refuse_other_machines",
    "released",
    "spread",
    "time_separators",
    "what_differs",
]
