"""Tables, figures and pages, made from runs. Nothing here computes a score."""

from sepeval.report.pages import page
from sepeval.report.plots import plot
from sepeval.report.side_by_side import SideBySide, side_by_side
from sepeval.report.tables import Table, table
from sepeval.results.signature import signature

__all__ = ["SideBySide", "Table", "page", "plot", "side_by_side", "signature", "table"]
