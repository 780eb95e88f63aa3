"""What would a table say under another rule? Answered exactly, from stored statistics.

A board is what stands in one table: runs that measured the same audio, under one protocol. A
variant of its protocol is scored anew from the stored cells, for every system at once, and the two
tables are compared: by how many dB each number moves, and by how many places each system.
"""

from sepeval.what_if.answers import (
    Change,
    Comparison,
    Numbers,
    masked,
    of_frames,
    scores,
    table,
)
from sepeval.what_if.boards import Board, boards, data_of, energy_part, names, part
from sepeval.what_if.cases import Case, Sheet, cases, sheets
from sepeval.what_if.resampling import Sampled, sampled
from sepeval.what_if.strongest import Strongest, strongest
from sepeval.what_if.systems import TRIVIAL, Held, Key, Kind, held, key_of, trivial
from sepeval.what_if.variants import changed_metrics, changed_silence, changed_summaries

__all__ = [
    "TRIVIAL",
    "Board",
    "Case",
    "Change",
    "Comparison",
    "Held",
    "Key",
    "Kind",
    "Numbers",
    "Sampled",
    "Sheet",
    "Strongest",
    "boards",
    "cases",
    "changed_metrics",
    "changed_silence",
    "changed_summaries",
    "data_of",
    "energy_part",
    "held",
    "key_of",
    "masked",
    "names",
    "of_frames",
    "part",
    "sampled",
    "scores",
    "sheets",
    "strongest",
    "table",
    "trivial",
]
