"""How long BSS Eval takes and how much memory, beside other tools, on the machine at hand."""

from sepeval.bench.comparison import Bench, compare, musdb18_set
from sepeval.bench.task import Result, Task

__all__ = ["Bench", "Result", "Task", "compare", "musdb18_set"]
