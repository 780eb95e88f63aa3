"""Scores from and for other tools: museval's JSON, and CSV."""

from sepeval.interchange.exporting import Exported, export_museval
from sepeval.interchange.importing import import_museval
from sepeval.interchange.sheets import export_csv

__all__ = ["Exported", "export_csv", "export_museval", "import_museval"]
