r"""Tables as they are printed: CSV and LaTeX, read as numbers with their last digit.

    long CSV    one number per line, with the columns `stem`, `value` and `model` or `system`, such
                as `reports/published/*.csv` and `sepeval table --format csv`
    wide CSV    one system per line: its name, and one column per stem
    LaTeX       the rows of every `tabular`, read as a wide CSV; the text between is sentences

A cell that is no number (a dash, a name) is left out; one that begins like a number, such as
`9.1 (0.2)`, is kept without a value, so that it can be told. Bold, underlining and `\num{}` are
undone. A CSV of other things is told from scores by lines that begin with a number, or columns of
which none is known and all hold whole numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sepeval.errors import DataError
from sepeval.publications import PublishedNumber

ALL = "All"
_NUMBER = re.compile(r"^[~≈]?([-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)$")
_WRAPPED = re.compile(r"\\[a-zA-Z]+\*?(?:\[[^\]]*\])?\{([^{}]*)\}")
_UNSEEN = re.compile(
    r"\\(?:phantom|hphantom|vphantom|textsuperscript|rlap|llap)\{(?:[^{}]|\{[^{}]*\})*\}"
)
_COUNTS = ("tracks", "scores used")  # rows of the counts that `sepeval table` writes
_TABULAR = re.compile(r"\\begin\{tabular[*x]?\}(.*?)\\end\{tabular[*x]?\}", re.DOTALL)
_RULE = re.compile(
    r"\\(?:top|mid|bottom|h|c|cmid)(?:rule|line)(?:\([a-z]*\))?(?:\{[^}]*\})*(?:\[[^\]]*\])?"
)
_BLOCKS = re.compile(
    r"\n\s*\n|\\(?:begin|end)\{[^}]*\}(?:\[[^\]]*\])?|\\(?:caption|label|(?:sub)*section|item)\b"
)
_UNIT = re.compile(r"^(.*?)\s*[\[(](dB|s|ms|%|M)[\])]$")
_TIMES = {"time", "seconds", "inference time", "rtf", "runtime", "latency"}
_LIKE_A_NUMBER = re.compile(r"^[~≈<>]?\s?[-+−]?\.?\d")
_STEMS = {"vocals", "drums", "bass", "other", "guitar", "piano", "accompaniment", "speech", "music"}
_WHOLE = {"all", "avg", "avg.", "average", "mean", "overall"}


@dataclass(frozen=True)
class Line:
    """The numbers of one system under one metric, as a line of a printed table.

    Attributes:
        table: source, dataset and protocol; lines of one table have the same.
        system: the model.
        configuration: of the model; empty where none is stated.
        metric: as it is called.
        unit: as it is printed.
        numbers: by stem, `All` spelled so.
    """

    table: tuple[str, str, str]
    system: str
    configuration: str
    metric: str
    unit: str
    numbers: Mapping[str, PublishedNumber]

    @property
    def name(self) -> str:
        """The model with its configuration."""
        return f"{self.system}, {self.configuration}" if self.configuration else self.system

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems with a value, without `All`."""
        return tuple(stem for stem in self.numbers if stem != ALL and self.has(stem))

    @property
    def unread(self) -> tuple[str, ...]:
        """The stems whose cells begin like a number and are none."""
        return tuple(stem for stem, one in self.numbers.items() if is_unread(one))

    def has(self, stem: str) -> bool:
        """Return whether there is a single number for a stem."""
        return stem in self.numbers and self.numbers[stem].value is not None

    def value(self, stem: str) -> float:
        """Return the number of a stem that has one."""
        found = self.numbers[stem].value
        return float("nan") if found is None else found


def numbers(text: str, *, name: str) -> tuple[PublishedNumber, ...]:
    """Return the numbers of a printed table.

    Args:
        text: CSV or LaTeX.
        name: of the file, for messages and as the source where the table names none.

    Raises:
        DataError: no table of scores is found in the text.
    """
    if "\\begin{tabular" in text:
        bodies = _TABULAR.findall(text)
        if any("\\multicolumn" in body or "\\multirow" in body for body in bodies):
            message = (
                f"{name}: a LaTeX table with cells over several columns or rows is not read, for "
                "its stems and metrics would be guessed; write one table per metric, or CSV"
            )
            raise DataError(message)
        own = (
            [name] if len(bodies) == 1 else [f"{name}, table {at + 1}" for at in range(len(bodies))]
        )
        pairs = zip(own, bodies, strict=True)
        found = [one for source, body in pairs for one in _wide(_cells(body), source)]
    else:
        rows = _rows(text, name)
        found = _long(rows, name) if rows and _is_long(rows[0]) else _wide(rows, name)
    if not found or not _are_scores(found):
        message = (
            f"{name}: no table of scores is found; expected CSV with the columns stem, value and "
            "system, or one line per system, or a LaTeX tabular"
        )
        raise DataError(message)
    return tuple(found)


def _are_scores(found: Sequence[PublishedNumber]) -> bool:
    if all(_value(one.model) is not None for one in found):
        return False
    known = any(one.metric or one.stem.casefold() in _STEMS | _WHOLE for one in found)
    return known or any("." in one.printed for one in found)


def _rows(text: str, name: str) -> list[list[str]]:
    """Return the rows of a CSV that hold something."""
    try:
        return [row for row in csv.reader(io.StringIO(text, newline="")) if any(row)]
    except csv.Error as error:
        raise DataError(f"{name}: cannot be read as CSV: {error}") from error


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a LaTeX text outside its tables, as plain text; none of a CSV."""
    if "\\begin{tabular" not in text:
        return ()
    plain = _TABULAR.sub("\n\n", re.sub(r"(?<!\\)%.*", "", text))
    plain = re.sub(r"~|\\[, ]", "\u00a0", plain)  # blanks that end no sentence
    blocks = _BLOCKS.split(plain)
    parts = [part for one in blocks for part in re.split(r"(?<=[.;?!])[ \n]+(?=[^a-z])", one)]
    return tuple(own for part in parts if len((own := _bare(part)).split()) > 2)


def lines(found: Sequence[PublishedNumber]) -> tuple[Line, ...]:
    """Return numbers grouped into lines, in the order of appearance."""
    grouped: dict[tuple[str, ...], dict[str, PublishedNumber]] = {}
    for one in found:
        stem = ALL if one.stem.casefold() in _WHOLE else one.stem
        key = (one.source, one.dataset, one.protocol, one.model, one.configuration, one.metric)
        grouped.setdefault((*key, one.unit), {})[stem] = one
    return tuple(
        Line((key[0], key[1], key[2]), key[3], key[4], key[5], key[6], own)
        for key, own in grouped.items()
    )


def step(printed: str) -> float:
    """Return one unit of the last digit of a printed number.

    Example:
        >>> step("22.58"), step("15.3"), step("114")
        (0.01, 0.1, 1.0)
    """
    mantissa, _, exponent = printed.strip().lstrip("~≈").casefold().partition("e")
    digits = mantissa.partition(".")[2]
    decimals = len(digits) if digits.isdigit() else 0
    power = int(exponent) if exponent.lstrip("+-").isdigit() else 0
    return float(10.0 ** (power - decimals))


def steps(found: Sequence[PublishedNumber]) -> float:
    """Return one unit of the finest last digit: a CSV drops zeros, so 15.30 may stand as 15.3."""
    return min((step(one.printed) for one in found), default=1.0)


def is_unread(one: PublishedNumber) -> bool:
    """Return whether a cell begins like a number and is none."""
    return one.value is None and _LIKE_A_NUMBER.match(one.printed.strip()) is not None


def _is_long(head: Sequence[str]) -> bool:
    names = {one.strip().casefold() for one in head}
    return {"stem", "value"} <= names and bool(names & {"model", "system"})


def _long(rows: Sequence[Sequence[str]], name: str) -> list[PublishedNumber]:
    head = [one.strip().casefold() for one in rows[0]]
    found = []
    for row in rows[1:]:
        own = dict(zip(head, row, strict=False))
        value = own.get("value", "").strip()
        found.append(
            PublishedNumber(
                source=own.get("source") or name,
                dataset=own.get("dataset", ""),
                protocol=own.get("protocol", "") or own.get("summary", ""),
                model=own.get("model") or own.get("system", ""),
                configuration=own.get("configuration", ""),
                stem=own.get("stem", ""),
                metric=own.get("metric", ""),
                printed=value,
                value=_value(value),
                unit=own.get("unit", "") or "dB",
                note=own.get("note", ""),
            )
        )
    return found


def _wide(rows: Sequence[Sequence[str]], name: str) -> list[PublishedNumber]:
    """Return the numbers of lines that follow a line of names; counts of scores are none."""
    if any(row[0].strip() in _COUNTS for row in rows):
        return []
    found: list[PublishedNumber] = []
    head: Sequence[str] = ()
    for row in rows:
        values = [_value(cell) for cell in row]
        if not any(value is not None for value in values[1:]):
            head = row if len(row) > 1 and any(row[1:]) else head
            continue
        for title, cell, value in zip(head[1:], row[1:], values[1:], strict=False):
            if value is None and not _LIKE_A_NUMBER.match(cell.strip()):
                continue
            stem, metric, unit = _column(title)
            found.append(
                PublishedNumber(
                    source=name,
                    dataset="",
                    protocol="",
                    model=row[0].strip(),
                    configuration="",
                    stem=stem,
                    metric=metric,
                    printed=cell.strip(),
                    value=value,
                    unit=unit,
                    note="",
                )
            )
    return found


def _column(title: str) -> tuple[str, str, str]:
    """Return stem, metric and unit of a column."""
    match = _UNIT.match(title.strip())
    plain, unit = (match.group(1), match.group(2)) if match else (title.strip(), "")
    if plain.casefold() in _TIMES or unit in ("s", "ms"):
        kind = "RTF" if plain.casefold() == "rtf" else "inference time"
        return "all stems", kind, unit or ("ratio" if kind == "RTF" else "s")
    return plain, "", unit or "dB"


def _cells(body: str) -> list[list[str]]:
    """Return the cells of a tabular, row by row, as plain text."""
    body = re.sub(r"(?<!\\)%.*", "", body)
    body = _RULE.sub(" ", body)
    rows = []
    for row in re.split(r"\\\\(?:\[[^\]]*\])?", body):
        cells = [_bare(cell) for cell in re.split(r"(?<!\\)&", row)]
        if len(cells) > 1:
            cells[0] = re.sub(r"^(?:\{[^{}]*\})+", "", cells[0]).strip()
            rows.append(cells)
    return rows


def _bare(cell: str) -> str:
    """Return the text of a cell without commands, signs of formulas and braces."""
    text = cell.replace("$", "").replace("~", " ").replace("\\%", "%").replace("\\_", "_")
    text = _UNSEEN.sub("", re.sub(r"(?:\\pm|±|\\,).*$", "", text))
    while (plain := _WRAPPED.sub(r"\1", text)) != text:
        text = plain
    text = re.sub(r"\\[a-zA-Z]+", " ", text)
    return " ".join(text.replace("{", " ").replace("}", " ").replace("*", "").split())


def _value(text: str) -> float | None:
    match = _NUMBER.match(text.strip())
    return float(match.group(1).replace("−", "-")) if match else None
