"""Published times, as rows of a table of times; nobody has measured them here."""

from __future__ import annotations

from collections.abc import Mapping

from sepeval.errors import UnknownNameError
from sepeval.publications import PublishedNumber, numbers
from sepeval.report.tables.timed_quality import Joined, published_quality

_PRINTED = {"parameters": "parameters", "inference time": "time, ms", "RTF": "RTF"}  # columns
_IN_MS = {"ms": 1.0, "s": 1000.0}


def published_rows(
    filters: Mapping[str, str], quality: Joined | None
) -> tuple[tuple[Mapping[str, str], ...], tuple[str, ...]]:
    """Return published rows by their columns, and notes on their sources.

    Args:
        filters: of published numbers; see `publications.numbers`.
        quality: whose metric is shown; a row has the number that the same paper prints of the same
            model.

    Raises:
        UnknownNameError: no published time has what the filters ask for.
    """
    found = [one for one in numbers(**filters) if one.metric in _PRINTED]
    if not found:
        named = ", ".join(f"{key}={value}" for key, value in filters.items())
        raise UnknownNameError(f"--published: no published time has {named or 'anything'}")
    origins: dict[tuple[str, str, str], int] = {}
    rows: dict[tuple[str, str, int], dict[str, str]] = {}
    scored: dict[str, None] = {}
    for one in found:
        origin = origins.setdefault((one.source, one.dataset, one.protocol), len(origins) + 1)
        name = f"{one.model}, {one.configuration}" if one.configuration else one.model
        row = rows.setdefault((one.model, one.configuration, origin), {})
        row["system"] = f"{name} (published) [{origin}]"
        row[_PRINTED[one.metric]] = _printed(one)
        known = published_quality(one, quality.metric) if quality else None
        if quality and known:
            row[quality.column] = known.printed
            scored.setdefault(
                f"[{origin}], {quality.column}: “{known.protocol}”. Source: {known.source}"
            )
    notes = [
        "Rows marked as published are copied from their sources and not measured here; device, "
        "precision and warm-up are not stated there",
        *(
            f"[{place}] {dataset}, “{protocol}”. Source: {source}"
            for (source, dataset, protocol), place in origins.items()
        ),
        *scored,
    ]
    return tuple(rows.values()), tuple(notes)


def _printed(number: PublishedNumber) -> str:
    """Return a number as it is printed, times in ms."""
    if number.metric != "inference time" or number.value is None:
        return number.printed
    return f"{number.value * _IN_MS.get(number.unit, 1.0):.6g}"
