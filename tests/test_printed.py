from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.errors import DataError
from sepeval.printed import lines, numbers, step
from sepeval.report import table
from tests.report.runs import Score, write

LATEX = r"""
\begin{table}
\begin{tabular}{l S S[table-format=2.2] r}
\toprule
System & {Vocals} & {Avg.} & {Time (ms)} \\
\midrule
A\_1~\cite{one} & \textbf{6.60} & $-5.1$ & 114 \\[2pt]
% B & 1 & 2 & 3 \\
B & 6.32 $\pm$ 0.1 & -- & \num{1087} \\
\bottomrule
\end{tabular}
\end{table}
"""


def test_latex_is_read_as_it_is_printed() -> None:
    first, time, second, other = lines(numbers(LATEX, name="a.tex"))

    assert first.system == "A_1 one"
    assert first.value("Vocals") == 6.6
    assert first.numbers["Vocals"].printed == "6.60"
    assert first.value("All") == -5.1
    assert (time.metric, time.unit, time.value("all stems")) == ("inference time", "ms", 114.0)
    assert second.system == "B"
    assert second.value("Vocals") == 6.32
    assert not second.has("All")
    assert other.value("all stems") == 1087.0


def test_a_wide_csv_has_one_system_per_line() -> None:
    (line,) = lines(numbers("model,bass,drums,Average\nx,1.0,2.0,1.5\n", name="a.csv"))

    assert (line.name, line.stems, line.value("All")) == ("x", ("bass", "drums"), 1.5)


def test_a_long_csv_has_one_number_per_line() -> None:
    text = "system,stem,metric,value,summary\nx,bass,sdr,1.25,mean\nx,All,sdr,~1.5,mean\n"

    (line,) = lines(numbers(text, name="a.csv"))

    assert line.table == ("a.csv", "", "mean")
    assert line.value("bass") == 1.25
    assert line.value("All") == 1.5


@pytest.mark.parametrize(
    "text", ["", "no table\n", "a,b\nc,d\n", "foo,bar\n1,2\n", "name,age\nBob,42\n"]
)
def test_a_text_without_a_table_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="no table of scores is found"):
        numbers(text, name="a.csv")


def test_the_last_digit_is_that_of_the_print() -> None:
    assert (step("22.580"), step("~7"), step("405M")) == (0.001, 1.0, 1.0)


def test_the_latex_of_the_toolkit_itself_is_read_as_it_was_written(tmp_path: Path) -> None:
    runs = [
        write(tmp_path, name, [Score("t", "bass", bass), Score("t", "drums", drums)])
        for name, bass, drums in (("a", -10.0, 3.0), ("b", 7.0, -2.0), ("c", 1.0, 2.0))
    ]

    found = lines(numbers(table(runs, "two-stems").as_latex(), name="own.tex"))

    assert [(one.system, {stem: one.value(stem) for stem in one.numbers}) for one in found] == [
        ("a", {"bass": -10.0, "drums": 3.0, "All": -3.5}),
        ("b", {"bass": 7.0, "drums": -2.0, "All": 2.5}),
        ("c", {"bass": 1.0, "drums": 2.0, "All": 1.5}),
    ]


def test_a_header_over_several_columns_is_refused() -> None:
    head = r"\begin{tabular}{lrr} & \multicolumn{2}{c}{bass} \\ & SDR & SIR \\"
    text = head + r" a & 1.0 & 2.0 \end{tabular}"

    with pytest.raises(DataError, match="cells over several columns"):
        numbers(text, name="t.tex")


def test_a_number_with_an_exponent_is_read_with_its_last_digit() -> None:
    (line,) = lines(numbers("model,bass,drums\nx,1e1,1.25E+1\n", name="a.csv"))

    assert (line.value("bass"), line.value("drums")) == (10.0, 12.5)
    assert (step("1e1"), step("1.25E+1")) == (10.0, pytest.approx(0.1))


def test_a_cell_that_begins_like_a_number_is_kept_without_a_value() -> None:
    (line,) = lines(numbers("model,bass,drums,other\nx,9.1 (0.2),-,3\n", name="a.csv"))

    assert (line.unread, line.stems) == (("bass",), ("other",))
