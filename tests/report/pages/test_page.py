from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sepeval.errors import StoreError, UnknownNameError
from sepeval.protocol import load
from sepeval.report import page
from sepeval.report.pages.words import STATUSES, measured, on_silence
from sepeval.store import Run
from sepeval.types import Status
from tests.report.runs import Score, protocol, two_tracks, write

VOID = {"meta", "link", "img", "br", "input"}
HOSTILE = "<script>alert('x')</script> & \"y\""


class Outline(HTMLParser):
    """Collects tags with their attributes and refuses tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


def outline(path: Path) -> Outline:
    found = Outline()
    found.feed(path.read_text(encoding="utf-8"))
    assert not found.open
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    root = tmp_path_factory.mktemp("runs")
    scores = [*two_tracks((1, 3), (3, 5)), Score("one", "bass", 61.0, silent=True)]
    return [
        write(root, "plain", scores, errors={"<i>three": f"three: {HOSTILE}"}),
        write(root, HOSTILE, [*scores, Score("<i>three", "bass", 1.0)]),
    ]


@pytest.fixture(scope="module")
def report(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report of two systems on three tracks."""
    return page(runs, tmp_path_factory.mktemp("report") / "report").parent


def pages(report: Path) -> list[Path]:
    return sorted(report.rglob("*.html"))


def files(report: Path) -> list[str]:
    return sorted(str(one.relative_to(report)) for one in report.rglob("*") if one.is_file())


def test_no_page_needs_the_network_and_everything_they_name_is_there(report: Path) -> None:
    assert len(pages(report)) == 5
    for path in pages(report):
        found = outline(path)
        named = [one for one in found.values("src") + found.values("href") if one[0] not in "#d"]
        addresses = [one.partition("#") for one in named]

        assert all((path.parent / one).is_file() for one, _, _ in addresses), path
        anchors = {one[1:] for one in found.values("href") if one.startswith("#")}
        assert anchors <= set(found.values("id"))
        assert len(set(found.values("id"))) == len(found.values("id"))
    for name in files(report):
        if name.endswith((".html", ".js", ".css")):
            text = (report / name).read_text(encoding="utf-8")
            assert "http" not in text, name
            assert "@import" not in text, name
            assert "url(" not in text, name


def test_the_list_of_files_is_what_is_there(report: Path) -> None:
    listed = json.loads((report / "contents.json").read_text(encoding="utf-8"))

    assert sorted([*listed, "contents.json"]) == files(report)


def test_names_and_messages_are_escaped(report: Path) -> None:
    for path in pages(report):
        text = path.read_text(encoding="utf-8")
        assert "<script>" not in text
        assert "<i>" not in text
    for path in (report / "data").rglob("*.js"):
        assert "<" not in path.read_text(encoding="utf-8")


def test_every_figure_has_a_text_and_every_scrolling_region_a_name(report: Path) -> None:
    for path in pages(report):
        found = outline(path)

        assert all(attrs.get("alt") for tag, attrs in found.tags if tag == "img")
        regions = [attrs for _, attrs in found.tags if attrs.get("role") == "region"]
        assert all(attrs.get("aria-label") and attrs.get("tabindex") == "0" for attrs in regions)
        assert all(attrs.get("scope") for tag, attrs in found.tags if tag == "th")


def test_errors_are_told_by_track_with_their_message(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")

    assert '<th scope="row">&lt;i&gt;three</th><td>plain</td><td>three: &lt;script' in text
    assert "1 track has errors" in text


def test_the_page_has_provenance_counts_and_protocols(report: Path, runs: list[Run]) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")

    assert all(run.manifest.hash in text for run in runs)
    assert protocol().hash in text
    assert "of which silent" in text
    assert "rule: zero" in text
    assert all(str(status) in text for status in Status)


def test_every_number_of_the_table_leads_to_its_rows(report: Path, runs: list[Run]) -> None:
    found = outline(report / "index.html")
    anchor = f"two-stems.v1--{runs[0].manifest.hash}"
    stems = ("bass", "drums", "All")
    expected = {
        f"rows.html#section={anchor}&number=0&stem={stem}&system={system}"
        for stem in stems
        for system in (0, 1)
    }

    assert expected <= set(found.values("href"))
    assert (report / "data" / f"{anchor}.js").is_file()


def test_two_systems_are_compared_and_one_is_not(report: Path, tmp_path: Path) -> None:
    alone = write(tmp_path / "runs", "alone", two_tracks((1, 1), (1, 1)))
    single = page([alone], tmp_path / "report", with_audits=False).read_text(encoding="utf-8")

    assert ">Comparison</h3>" in (report / "index.html").read_text(encoding="utf-8")
    assert ">Comparison</h3>" not in single
    assert "No audit was run for this report" in single


def test_the_baseline_is_chosen_by_name(runs: list[Run], tmp_path: Path) -> None:
    text = page(runs, tmp_path, baseline=HOSTILE, with_audits=False).read_text(encoding="utf-8")

    assert "; against &lt;script&gt;" in text
    with pytest.raises(UnknownNameError, match="no system is named 'nobody'"):
        page(runs, tmp_path, baseline="nobody")


def test_findings_stand_with_severity_effect_evidence_and_way_out(report: Path) -> None:
    text = (report / "index.html").read_text(encoding="utf-8")

    assert '<article class="finding ' in text
    assert '<span class="severity">' in text
    assert "<strong>Way out:</strong>" in text
    assert "<summary>Evidence" in text


def test_runs_on_different_audio_get_tables_of_their_own(runs: list[Run], tmp_path: Path) -> None:
    other = write(tmp_path / "runs", "z", two_tracks((1, 1), (1, 1)), identity={"dataset": "other"})
    made = page([*runs, other], tmp_path / "report", with_audits=False)
    text = made.read_text(encoding="utf-8")

    assert "two-stems.v1 on invented/test</h2>" in text
    assert "two-stems.v1 on other/test</h2>" in text
    assert len(list((made.parent / "tracks").iterdir())) == 2


def test_a_partial_run_is_told(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 1), (1, 1)), partial="2 of 50 tracks")
    text = page([run], tmp_path / "report", with_audits=False).read_text(encoding="utf-8")

    assert "Only 2 of 50 tracks of the split were evaluated" in text


def test_the_same_runs_give_the_same_bytes(runs: list[Run], report: Path, tmp_path: Path) -> None:
    again = page(runs, tmp_path / "again").parent

    assert files(again) == files(report)
    assert all((again / one).read_bytes() == (report / one).read_bytes() for one in files(report))


def test_what_an_earlier_report_left_is_deleted_and_nothing_else(
    runs: list[Run], tmp_path: Path
) -> None:
    one = page(runs, tmp_path / "report", with_audits=False).parent
    foreign = one / "tracks" / "mine.txt"
    foreign.write_text("mine", encoding="utf-8")
    other = write(tmp_path / "runs", "other", two_tracks((1, 1), (1, 1)))

    page([other], one, with_audits=False)

    listed = json.loads((one / "contents.json").read_text(encoding="utf-8"))
    assert sorted([*listed, "contents.json", "tracks/mine.txt"]) == files(one)
    assert len(list((one / "tracks").iterdir())) == 2


def test_a_list_of_files_that_leads_out_of_the_folder_deletes_nothing(tmp_path: Path) -> None:
    run = write(tmp_path / "runs", "a", two_tracks((1, 1), (1, 1)))
    outside = tmp_path / "outside.txt"
    outside.write_text("stay", encoding="utf-8")
    out = tmp_path / "report"
    out.mkdir()
    names = ["../outside.txt", str(outside), 3]
    (out / "contents.json").write_text(json.dumps(names), encoding="utf-8")

    page([run], out, with_audits=False)

    assert outside.is_file()


def test_a_protocol_that_no_run_has_is_an_error(runs: list[Run], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it has two-stems"):
        page(runs, tmp_path, protocols=["three-stems"])


def test_runs_that_share_no_protocol_stand_on_one_page(runs: list[Run], tmp_path: Path) -> None:
    other = protocol(name="third")
    third = write(tmp_path / "runs", "third", two_tracks((1, 1), (1, 1)), under=other)
    made = page([*runs, third], tmp_path / "report", with_audits=False)
    text = made.read_text(encoding="utf-8")

    first = f"two-stems.v1 on invented/test {runs[0].manifest.hash}</h2>"
    assert first in text  # the same dataset, other tracks: a hash tells them apart
    assert f"third.v1 on invented/test {third.manifest.hash}</h2>" in text


def test_what_a_protocol_does_with_silence_is_said_in_words() -> None:
    scored, left_out = (load(name) for name in ("slakh2100-msdm", "musdb18-sisec18"))

    assert "scored like any other" in " ".join(on_silence(scored))
    assert "fewer than 2 sounding references" in " ".join(on_silence(scored))
    assert "takes windows out of its own score" in " ".join(on_silence(left_out))
    assert "who stands beside it" in " ".join(on_silence(load("musdb18-shared-mask")))
    assert "in windows of 4 s every 2 s" in measured(scored)[0]
    assert "median over windows, then the median over tracks" in measured(left_out)[1]


def test_every_status_has_a_meaning() -> None:
    assert set(STATUSES) == set(Status)


def test_the_package_is_light_to_import() -> None:
    code = (
        "import sys, sepeval.report; "
        "sys.exit(bool({'matplotlib', 'jinja2', 'torch'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
