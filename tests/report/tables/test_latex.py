from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sepeval.publications import lines, numbers
from sepeval.report import Table, table
from sepeval.report.tables.latex import escaped
from tests.report.runs import Score, protocol, write

NAMES = ("A_1", "100 % & more", "C{}\\~^#$", "D 音")


def runs(root: Path) -> list[object]:
    return [
        write(
            root,
            name,
            [
                Score("t", "bass", 10.0 - 3.0 * place, metric="sdr"),
                Score("t", "drums", -1.5 * place, metric="sdr"),
            ],
        )
        for place, name in enumerate(NAMES)
    ]


def test_the_best_is_bold_and_the_second_underlined(tmp_path: Path) -> None:
    text = table(runs(tmp_path), "two-stems").as_latex(is_document=False)

    lines = [line for line in text.splitlines() if line.endswith("\\\\")]
    assert r"A\_1 & \bfseries 10.00 & \bfseries 0.00 & \bfseries 5.00 \\" in lines
    assert any(r"{\phantom{0}\tablesecond{7.00}" in line for line in lines)
    assert any(r"{\phantom{}\tablesecond{$-$1.50}" in line for line in lines)
    assert "S[table-format=-1.2, detect-weight]" in text


def test_names_from_data_mean_nothing_to_latex(tmp_path: Path) -> None:
    text = table(runs(tmp_path), "two-stems").as_latex()

    assert r"100 \% \& more" in text
    assert r"C\{\}\textbackslash{}\textasciitilde{}\textasciicircum{}\#\$" in text
    assert "D [U+97F3]" in text


@pytest.mark.parametrize("sign", ["\\", "{", "}", "&", "%", "$", "#", "_", "~", "^"])
def test_no_special_sign_is_left_bare(sign: str) -> None:
    assert not re.search(rf"(?<!\\){re.escape(sign)}x", escaped(f"{sign}x"))


def test_columns_of_every_line_are_as_many_as_of_the_head(tmp_path: Path) -> None:
    text = table(runs(tmp_path), "two-stems").as_latex()

    body = text[text.index("\\toprule") : text.index("\\bottomrule")]
    counts = {len(re.findall(r"(?<!\\)&", line)) for line in body.splitlines() if "&" in line}
    assert counts == {3}


def test_published_lines_stand_below_a_rule(tmp_path: Path) -> None:
    found = lines(numbers(model="TAK1", stem="bass", metric="SDR"))
    document = protocol()
    made = table(
        [
            write(
                tmp_path,
                "ours",
                [Score("t", "bass", 1.0), Score("t", "drums", 2.0)],
                under=document,
            )
        ],
        "two-stems",
        published=found,
    )

    text = made.as_latex(is_document=False)

    assert text.count("\\midrule\nTAK1") == 1


def test_marks_of_a_test_stand_beside_the_number(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    base = generator.normal(size=20)

    def scores(gain: float) -> list[Score]:
        return [
            Score(f"t{place}", stem, float(value) + gain)
            for place, value in enumerate(base)
            for stem in ("bass", "drums")
        ]

    made = table(
        [write(tmp_path, "base", scores(0.0)), write(tmp_path, "better", scores(2.0))],
        "two-stems",
        baseline="base",
    )

    (block,) = made.blocks
    assert [[cell.mark for cell in cells] for _, cells in block.lines] == [[""] * 3, ["†"] * 3]
    assert "†: differs from base (paired sign-flip test" in made.as_text()
    assert r"{\textsuperscript{\dag{}}}" in made.as_latex()
    assert "<sup>†</sup>" in made.as_html()
    assert "**†" in made.as_markdown()


def test_few_tracks_say_that_no_number_can_have_a_mark(tmp_path: Path) -> None:
    def made(count: int) -> Table:
        root = tmp_path / str(count)
        systems = [
            write(
                root,
                name,
                [
                    Score(f"t{place}", stem, gain + place)
                    for place in range(count)
                    for stem in ("bass", "drums")
                ],
            )
            for name, gain in (("base", 0.0), ("better", 9.0))
        ]
        return table(systems, "two-stems", baseline="base")

    said = "5 tracks let no such p be less than 0.19, so no number can have this sign"
    few, more = made(5), made(7)

    for text in (few.as_text(400), few.as_latex(), few.as_markdown(), few.as_html()):
        assert said in text
    assert "let no such p" not in more.as_text(400)
    assert {cell.mark for block in more.blocks for _, cells in block.lines for cell in cells} == {
        "",
        "†",
    }


def test_a_name_is_no_argument_of_the_rule_or_line_before_it(tmp_path: Path) -> None:
    made = [
        write(tmp_path, name, [Score("t", "bass", 1.0), Score("t", "drums", 2.0)])
        for name in ("[3mm] first", "*second", "音", "plain")
    ]

    text = table(made, "two-stems").as_latex(is_document=False)

    body = text[text.index("\\midrule") : text.index("\\bottomrule")].splitlines()[1:]
    starts = [line.partition(" ")[0] for line in body]
    assert starts == ["{}[3mm]", "{}*second", "{}[U+97F3]", "plain"]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_names_with_brackets_and_stars_compile(tmp_path: Path) -> None:
    names = ("[first] x", "[second]", "*third", "音")
    made = [
        write(tmp_path, name, [Score("t", "bass", 1.0), Score("t", "drums", 2.0)]) for name in names
    ]
    (tmp_path / "t.tex").write_text(table(made, "two-stems").as_latex())

    done = _compiled(tmp_path)

    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_document_compiles_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.tex").write_text(table(runs(tmp_path), "two-stems").as_latex())

    done = _compiled(tmp_path)

    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "t.pdf").exists()


def _compiled(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],  # noqa: S607
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
