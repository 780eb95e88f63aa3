"""Tables, figures and pages, made from runs. Nothing here computes a score."""

from sepeval.report.figures.kinds import plot
from sepeval.report.pages import page
from sepeval.report.tables.scores import Table, table
from sepeval.report.tables.side_by_side import SideBySide, side_by_side
from sepeval.results.signature import signature

__all__ = ["SideBySide", "Table", "page", "plot", "side_by_side", "signature", "table"]
