"""Generated music in the layouts of real datasets, with known faults on request."""

from sepeval.synthetic.pathologies import Pathology
from sepeval.synthetic.write import (
    Placement,
    write_musdb18hq,
    write_slakh2100,
    write_slakh2100_22050,
)

__all__ = [
    "Pathology",
    "Placement",
    "write_musdb18hq",
    "write_slakh2100",
    "write_slakh2100_22050",
]
