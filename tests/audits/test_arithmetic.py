from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.audits.arithmetic import (
    all_is_the_mean,
    other_stem_sets,
    told_twice,
    unread_cells,
)
from sepeval.audits.base import Finding, Table
from sepeval.audits.known_numbers import (
    against_published,
    close_margins,
    rows_of_other_protocols,
)
from sepeval.audits.printed_times import multiplied_times, time_and_factor
from sepeval.audits.stated_gains import gains_in_text
from sepeval.publications import folder


def table(text: str, name: str = "table.csv") -> Table:
    return Table(Path(name), text)


def published(name: str) -> Table:
    path = folder() / name
    return Table(path, path.read_text(encoding="utf-8"))


def found(findings: object, *words: str) -> Finding:
    (one,) = [one for one in findings if all(word in one.message for word in words)]  # type: ignore[attr-defined]
    assert isinstance(one, Finding)
    return one


WIDE = """system,bass,drums,guitar,piano,All
good,20.04,20.88,23.82,20.82,21.39
wrong,9.00,7.15,1.00,11.30,7.61
"""
LATEX = r"""
\begin{tabular}{lrrrrr}
\toprule
Model & Bass & Drums & Guitar & Piano & All \\
\midrule
Good & 20.04 & \textbf{20.88} & $23.82$ & \num{20.82} & \underline{21.39} \\ % fine
Wrong & 9.00 & 7.15 & 1.00 & 11.30 & 7.61 \\
None & -- & 1.00 & -- & 3.00 & 2.00 \\
\bottomrule
\end{tabular}
"""


@pytest.mark.parametrize(("text", "name"), [(WIDE, "a.csv"), (LATEX, "a.tex")])
def test_all_that_is_not_the_mean_of_its_stems_is_an_error(text: str, name: str) -> None:
    (finding,) = all_is_the_mean(table(text, name))

    assert finding.severity == "error"
    assert finding.effect_db == pytest.approx(0.4975)
    assert finding.value == 7.61
    assert finding.value_by_better_rule == pytest.approx(7.1125)


def test_the_wrong_and_the_rounded_all_of_a_published_table_are_told_apart() -> None:
    findings = list(all_is_the_mean(published("dicose-v1.csv")))

    assert found(findings, "7.1125", "7.61").severity == "error"
    assert found(findings, "22.5875", "22.58").severity == "note"
    assert len(findings) == 3


@pytest.mark.parametrize("name", ["sisec18.csv", "open-unmix.csv", "bsrnn.csv", "msst.csv"])
def test_sound_published_tables_add_up(name: str) -> None:
    assert not [one for one in all_is_the_mean(published(name)) if one.severity != "note"]
    assert not list(multiplied_times(published(name)))
    assert not list(told_twice(published(name)))
    assert not list(against_published(published(name)))


def test_an_average_over_fewer_stems_is_set_beside_the_same_stems() -> None:
    findings = list(other_stem_sets(published("dicose-v2.csv")))

    rows = [row for one in findings for row in one.evidence]
    assert len(findings) == 2
    demucs = [row for row in rows if str(row["beside"]).startswith("Demucs")]
    assert {round(float(str(row["over_the_same_stems"])), 2) for row in demucs} == {11.35, 6.9}


def test_lines_with_the_same_stems_are_no_finding() -> None:
    assert not list(other_stem_sets(table(WIDE)))


def test_a_cell_that_cannot_be_read_is_told_and_nothing_is_claimed_of_its_line() -> None:
    text = WIDE.replace("9.00,7.15", "9.00 (0.1),7.15")

    (finding,) = unread_cells(table(text))

    assert "'9.00 (0.1)' (wrong, bass)" in finding.message
    assert not list(all_is_the_mean(table(text)))
    assert not list(other_stem_sets(table(text)))
    assert not list(unread_cells(table(WIDE.replace("9.00,7.15", "--,9e0"))))
    assert [one.evidence[0]["printed"] for one in unread_cells(published("dicose-v2.csv"))] == [
        "-5 to -10"
    ]


def test_a_number_with_an_exponent_is_part_of_the_mean() -> None:
    assert not list(all_is_the_mean(table("system,bass,drums,other,All\na,1e1,12.0,14.0,12.0\n")))


def test_a_gain_of_the_text_is_held_against_the_table() -> None:
    rows = [
        ("slow", "All", "SDR", "10.00"),
        ("fast", "All", "SDR", "12.88"),
        ("fast minus slow", "All", "SDR gain", "2.9"),
        ("slow minus fast", "All", "SDR gain", "-3.5"),
    ]
    text = "model,stem,metric,value\n" + "\n".join(",".join(row) for row in rows)

    (finding,) = gains_in_text(table(text))

    assert finding.severity == "error"
    assert finding.value_by_better_rule == pytest.approx(-2.88)


def test_the_gains_of_a_published_text_agree_to_the_last_digit() -> None:
    assert all(one.severity == "note" for one in gains_in_text(published("dicose-v2.csv")))


PAPER = r"""
The \textbf{Fast} system gains $2.9$~dB over Slow.\ on bass. % It gains 7 dB over Slow.
%(sentence)s
\begin{tabular}{lrr}
Model & Bass & All \\
\midrule
Slow & 10.00 & 11.00 \\
Fast & 12.88 & 13.06 \\
\end{tabular}
"""


@pytest.mark.parametrize(
    "sentence",
    [
        "It improves by 2.06\\,dB over Slow.",
        "Compared with slow food, 9 dB is much.",
        "Fast outperforms others by 9 dB.",
        "Slow ones win by 3 dB and 4 dB over Fast.",
    ],
)
def test_sentences_that_agree_or_say_nothing_are_no_finding(sentence: str) -> None:
    text = PAPER.replace("%(sentence)s", sentence)

    assert not list(gains_in_text(table(text, "paper.tex")))


def test_a_gain_in_a_sentence_is_held_against_the_table() -> None:
    text = PAPER.replace(
        "%(sentence)s", "We see an improvement of 2.5 dB by Fast over Slow in All."
    )

    (finding,) = gains_in_text(table(text, "paper.tex"))

    assert (finding.severity, finding.where) == ("warning", "Fast over Slow, 2.5 dB")
    assert finding.value_by_better_rule == pytest.approx(2.06)
    assert finding.effect_db == pytest.approx(0.44)


def test_every_gain_of_a_sentence_is_held_against_the_table() -> None:
    said = "Fast gains {} dB over Slow in All, and {} dB in bass."

    def told(*stated: str) -> list[float | None]:
        text = PAPER.replace("%(sentence)s", said.format(*stated))
        return [one.value_by_better_rule for one in gains_in_text(table(text, "paper.tex"))]

    assert told("2.1", "2.9") == []
    assert told("2.5", "1.0") == pytest.approx([2.06, 2.88])


def test_two_tables_of_one_paper_are_not_one() -> None:
    body = LATEX.replace("20.04", "20.06")

    assert len(list(all_is_the_mean(table(LATEX + body, "a.tex")))) == 2
    assert not list(told_twice(table(LATEX + body, "a.tex")))


def test_two_numbers_for_one_thing_are_found() -> None:
    finding = found(told_twice(published("dicose-v1.csv")), "21.39", "21.22")

    assert finding.effect_db == pytest.approx(0.17)


def test_times_that_are_multiples_of_one_pass_are_found() -> None:
    one, other = multiplied_times(published("dicose-v2.csv"))

    assert "28.5 ms for each of 4 stems" in one.message
    assert {row["passes"] for row in one.evidence} == {2, 5}
    assert "2.351 = 0.231 + 8 x 0.265" in other.message


def test_measured_times_are_no_multiples() -> None:
    assert not list(multiplied_times(published("dicose-v1.csv")))


def test_a_time_that_contradicts_its_factor_is_found() -> None:
    (finding,) = time_and_factor(published("dicose-v2.csv"))

    assert "56 s" in finding.message
    assert "28.4 s" in finding.message
    assert not list(time_and_factor(published("dicose-v1.csv")))


def test_margins_below_the_usual_uncertainty_are_noted() -> None:
    findings = list(close_margins(published("dicose-v2.csv")))

    rows = [row for one in findings for row in one.evidence]
    assert any(
        "Diff" in str(row["next"]) and float(str(row["margin"])) == pytest.approx(0.06)
        for row in rows
    )
    assert not list(close_margins(table("system,All\na,10.0\nb,5.0\n")))


def test_margins_of_every_stem_are_looked_at_where_there_is_no_all() -> None:
    (finding,) = close_margins(table("system,bass,vocals\na,5.0,6.60\nb,3.0,6.53\n"))

    assert finding.where.endswith("vocals")
    assert finding.evidence[0]["margin"] == pytest.approx(0.07)
    vocals = [one for one in close_margins(published("sisec18.csv")) if "vocals" in one.where]
    pairs = {(row["system"], row["next"]) for one in vocals for row in one.evidence}
    assert ("TAK1", "UHL3") in pairs or ("UHL3", "TAK1") in pairs


def test_a_model_that_is_published_under_other_configurations_is_told() -> None:
    text = "model,stem,metric,value\nDemucs [5],All,SDR,6.51\n"

    (finding,) = against_published(table(text))

    assert finding.severity == "note"
    assert "published as 's=10'" in finding.message
    assert finding.evidence[0]["published"] == "6.28"
    assert not list(against_published(table(text.replace("6.51", "6.28"))))


def test_a_number_that_differs_from_the_published_one_is_found() -> None:
    text = "model,configuration,stem,metric,value\nDemucs,s=0,All,SI-SDRi,16.51\n"

    (finding,) = against_published(table(text))

    assert finding.evidence[0]["published"] == "16.11"
    assert not list(against_published(table(text.replace("16.51", "16.11"))))
    assert not list(against_published(published("dicose-v1.csv")))


def test_lines_of_other_protocols_in_one_column_are_noted() -> None:
    text = (
        "source,dataset,protocol,model,stem,metric,value\n"
        "paper,MUSDB18,median,a,All,SDR,5\npaper,MUSDB18-HQ,mean,b,All,SDR,6\n"
    )

    (finding,) = rows_of_other_protocols(table(text))

    assert "2 stated" in finding.message
    assert not list(rows_of_other_protocols(table(text.replace("-HQ,mean", ",median"))))


def test_a_model_is_known_by_its_name_without_what_stands_in_parentheses() -> None:
    text = "model,dataset,stem,metric,value\nMSDM,Slakh2100,All,SI-SDRi,17.90\n"

    (finding,) = against_published(table(text))

    assert finding.severity == "note"
    assert "'MSDM (Dirac)'" in finding.message


def test_the_number_of_tracks_of_a_close_margin_is_that_of_its_data() -> None:
    text = "model,dataset,stem,metric,value\na,{0},All,SDR,6.0\nb,{0},All,SDR,{1}\n"

    (slakh,) = close_margins(table(text.format("Slakh2100 test", 5.9)))
    (unknown,) = close_margins(table(text.format("mine", 5.7)))

    assert "225 tracks (orig is assumed; redux has 151)" in slakh.message
    assert "50 tracks, which is assumed" in unknown.message
    assert not list(close_margins(table(text.format("Slakh2100 test", 5.8))))


def test_a_margin_that_equals_the_bound_is_not_below_it() -> None:
    assert not list(close_margins(table("system,All\na,10.0\nb,9.65\n")))
