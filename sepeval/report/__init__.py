"""Tables, figures and pages, made from runs. Nothing here computes a score."""

from sepeval.report.page import page
from sepeval.report.plots import plot
from sepeval.report.signature import signature
from sepeval.report.tables import Table, table

__all__ = ["Table", "page", "plot", "signature", "table"]
