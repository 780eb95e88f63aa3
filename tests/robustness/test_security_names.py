"""Names from data in what is made of them: pages, tables of every kind, the terminal."""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sepeval import csv_text
from sepeval.cli.console import visible
from sepeval.interchange import export_csv
from sepeval.report import page, side_by_side, table
from sepeval.store import Run
from tests.report.chromium import browser, executable
from tests.report.runs import Score, protocol, summary, write
from tests.robustness.damage import rounds
from tests.robustness.figures import count

pytestmark = pytest.mark.robustness
HIT = "document.title='HIT';window.hit=1"
HOSTILE = (
    f"<img src=x onerror={HIT}>",
    f"</script><script>{HIT}</script>",
    f'" onmouseover="{HIT}" autofocus onfocus="{HIT}',
    f"';{HIT};'",
    f"javascript:{HIT}//",
    "{{7*7}}{% raw %}${7*7}<!--",
    f"]]><svg onload={HIT}>",
    "\u2028\u2029\\u003cscript\\u003e",
)
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "＝1+1", '=HYPERLINK("x")')
TEX = r"\input{/etc/passwd} $\catcode`\@=11 \write18{ls} # % & _ ^^M ~ {"
MARKDOWN = "[a](javascript:b) ![c](d) <e> | *f* `g` _h_"


def _run(root: Path, name: str, label: str) -> Run:
    """A run whose label, tracks and stems have a name."""
    stems = {name: [name], "bass": ["bass"]}
    document = protocol(stems=stems, summaries=[summary(all_stems=[name, "bass"])])
    scores = [
        Score(track, stem, value)
        for track, value in ((name, 1.0), (f"{name} 2", 2.0))
        for stem in stems
    ]
    return write(root, label, scores, under=document, errors={f"{name} 3": f"failed: {name}"})


def _runs(root: Path, name: str) -> list[Run]:
    return [_run(root, name, name), _run(root, name, f"other {name}")]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("names")
    return [
        page(_runs(root / f"{at}", name), root / f"{at}" / "report", with_audits=at == 0).parent
        for at, name in enumerate(HOSTILE[: rounds(len(HOSTILE)) + 1])
    ]


@pytest.mark.skipif(executable() is None, reason="there is no Chromium on this machine")
def test_no_name_runs_in_a_browser(reports: list[Path]) -> None:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        browser(Path(profile)) as tab,
    ):
        for name, report in zip(HOSTILE, reports, strict=False):
            for path in sorted(report.rglob("*.html")):
                tab.open(path)
                tab.wait("document.body !== null")
                tab.value("new Promise((done) => setTimeout(done, 60))")
                count("pages opened with names that would run")
                assert not tab.value("window.hit"), (name, path.name)
                assert tab.value("document.title") != "HIT"
                assert tab.value("document.querySelectorAll('img[src=x]').length") == 0
            tab.open(report / "index.html")
            assert name in tab.value("document.body.textContent"), "the name is not shown as it is"
        assert tab.errors == []
        kinds = {address.partition(":")[0] for address in tab.requests}
        assert kinds <= {"file", "data", "blob"}


def test_no_name_leaves_its_place_in_the_text_of_a_page(reports: list[Path]) -> None:
    for report in reports:
        for path in (*report.rglob("*.html"), *(report / "data").rglob("*.js")):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"<(img src=x|svg onload|script>document)", text), path
            assert "\u2028" not in text or path.suffix == ".html"
    assert all(one.is_relative_to(report) for report in reports for one in report.rglob("*"))


def _texts(runs: list[Run]) -> Iterator[str]:
    made, beside = table(runs, "two-stems"), side_by_side(runs[0])
    yield from (made.as_csv(), beside.as_csv())


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path, name: str) -> None:
    runs = _runs(tmp_path, name)
    texts = [*_texts(runs), *(one.read_text() for one in export_csv(runs[0], tmp_path / "out"))]

    for text in texts:
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        begins = [cell for cell in cells if cell.startswith(tuple("=+-@＝＋－＠"))]
        assert all(re.fullmatch(r"[-+]?[\d.e+-]+", cell) for cell in begins), begins
        assert any(cell == f"'{name}" for cell in cells)
        count("tables made with names that would be computed")


def test_a_number_stays_a_number_in_a_csv() -> None:
    row = {"a": -3.5, "b": "-3.5", "c": "-1e-05", "d": None, "e": "x"}

    assert csv_text.as_csv(list(row), [row]).splitlines()[1] == "-3.5,-3.5,-1e-05,,x"
    with pytest.raises(ValueError, match="besides"):
        csv_text.as_csv(["a"], [row])


def test_no_name_is_a_command_of_latex(tmp_path: Path) -> None:
    text = table(_runs(tmp_path, TEX), "two-stems").as_latex(is_document=False)

    assert r"\input" not in text
    assert r"\write" not in text
    assert r"\catcode" not in text
    assert r"\textbackslash{}input\{/etc/passwd\}" in text
    body = re.sub(r"\\[\\{}&%$#_]|\\text\w+\{\}", "", text)  # without what is escaped
    kept = [line for line in body.splitlines() if "/etc/passwd" in line]
    assert kept
    assert not any(re.search(r"input[^|]*[#%^~$]", line) for line in kept)


def test_no_name_is_a_sign_of_markdown(tmp_path: Path) -> None:
    text = table(_runs(tmp_path, MARKDOWN), "two-stems").as_markdown()

    assert "[a](" not in text
    assert "<e>" not in re.sub(r"\\<e\\>", "", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    counts = {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
    assert rows
    assert len(counts) <= 2  # of the table, and of the counts below it


def test_json_gives_names_back_as_they_are(tmp_path: Path) -> None:
    for at, name in enumerate((*HOSTILE, *FORMULAS)):
        text = table(_runs(tmp_path / f"{at}", name), "two-stems").as_json()

        assert name in {entry["stem"] for entry in json.loads(text)["numbers"]}


def test_a_name_moves_no_cursor() -> None:
    shown = visible("a\x1b[2J\rb\x07\u202egpj\ud800 Ünï\tcode\n")

    assert shown == "a\\x1b[2J\\rb\\x07\\u202egpj\\ud800 Ünï\tcode\n"
