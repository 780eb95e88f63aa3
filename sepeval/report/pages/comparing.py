"""The comparison of a section's systems, as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from sepeval.compare import compare
from sepeval.errors import StoreError
from sepeval.report.figures.comparison import drawings
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.pictures import Picture, drawn
from sepeval.report.tables.comparison import ComparisonText, Grid
from sepeval.results import Results


@dataclass(frozen=True)
class Compared:
    """A comparison, or why there is none.

    Attributes:
        title: metric, protocol and baseline.
        notes: what the columns are, and what was tested.
        grids: tables; the first is of the differences.
        pictures: figures.
        refusal: why there is no comparison; empty if there is one.
    """

    title: str = ""
    notes: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    pictures: tuple[Picture, ...] = ()
    refusal: str = ""


def compared(
    results: Results, folder: Folder, where: str, *, baseline: str, decimals: int
) -> Compared | None:
    """Return the comparison by the first number of a section; None for a single system.

    Args:
        results: of the section.
        folder: of the report.
        where: folder of the figures, inside the report.
        baseline: name or hash; the first system where none is named so.
        decimals: shown.
    """
    if len(results.systems) < 2:
        return None
    named = {name for one in results.systems for name in (one.name, one.run.manifest.hash)}
    first = baseline if baseline in named else ""
    summary, metric = results.keys[0]
    try:
        found = compare(
            results.runs, results.protocol.id, baseline=first, metric=metric, summary=summary
        )
    except StoreError as error:
        return Compared(refusal=f"There is no comparison: {error}.")
    text = ComparisonText(found, decimals)
    pictures = tuple(drawn(one, folder, where) for one in drawings(found))
    return Compared(text.title, text.notes, tuple(text.grids()), pictures)
