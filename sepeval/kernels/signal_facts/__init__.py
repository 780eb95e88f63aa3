"""What an audit wants to know of signals, computed once when the audio is read."""

from sepeval.kernels.signal_facts.along import Elsewhere
from sepeval.kernels.signal_facts.lags import Lag, lag
from sepeval.kernels.signal_facts.levels import Levels, levels
from sepeval.kernels.signal_facts.likeness import Bits, likeness, packed, unpacked
from sepeval.kernels.signal_facts.seams import Seams
from sepeval.kernels.signal_facts.track import (
    SignalFacts,
    Stretch,
    facts_of_stretches,
    in_stretches,
    signal_facts,
)

__all__ = [
    "Bits",
    "Elsewhere",
    "Lag",
    "Levels",
    "Seams",
    "SignalFacts",
    "Stretch",
    "facts_of_stretches",
    "in_stretches",
    "lag",
    "levels",
    "likeness",
    "packed",
    "signal_facts",
    "unpacked",
]
