from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.protocol import load
from sepeval.report import page
from sepeval.report.words import STATUSES, measured, on_silence
from sepeval.store import Run
from sepeval.types import Status
from tests.report.runs import Score, protocol, two_tracks, write

VOID = {"meta", "link", "img", "br"}
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


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    scores = [*two_tracks((1, 3), (3, 5)), Score("one", "bass", 61.0, silent=True)]
    return [
        write(tmp_path / "runs", "plain", scores, errors={"<i>three": f"three: {HOSTILE}"}),
        write(tmp_path / "runs", HOSTILE, [*scores, Score("<i>three", "bass", 1.0)]),
    ]


def test_the_page_needs_no_network_and_everything_it_names_is_there(
    runs: list[Run], tmp_path: Path
) -> None:
    path = page(runs, tmp_path / "report")
    found = outline(path)

    assert path == tmp_path / "report" / "index.html"
    text = path.read_text(encoding="utf-8")
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text
    files = [one for one in found.values("src") + found.values("href") if one[0] not in "#d"]
    assert len(files) == 6
    assert all((path.parent / one).is_file() for one in files)
    anchors = {one[1:] for one in found.values("href") if one.startswith("#")}
    assert anchors <= set(found.values("id"))
    assert len(set(found.values("id"))) == len(found.values("id"))


def test_names_and_messages_are_escaped(runs: list[Run], tmp_path: Path) -> None:
    text = page(runs, tmp_path / "report").read_text(encoding="utf-8")

    assert "<script>alert" not in text
    assert "<i>" not in text
    assert text.count("<script>") == 1


def test_every_figure_has_a_text_and_every_scrolling_region_a_name(
    runs: list[Run], tmp_path: Path
) -> None:
    found = outline(page(runs, tmp_path / "report"))

    assert all(attrs.get("alt") for tag, attrs in found.tags if tag == "img")
    regions = [attrs for _, attrs in found.tags if attrs.get("role") == "region"]
    assert all(attrs.get("aria-label") and attrs.get("tabindex") == "0" for attrs in regions)
    assert all(attrs.get("scope") for tag, attrs in found.tags if tag == "th")


def test_errors_are_told_by_track_with_their_message(runs: list[Run], tmp_path: Path) -> None:
    text = page(runs, tmp_path / "report").read_text(encoding="utf-8")

    assert '<th scope="row">&lt;i&gt;three</th><td>plain</td><td>three: &lt;script' in text
    assert "1 track has errors" in text


def test_the_page_has_provenance_counts_and_protocols(runs: list[Run], tmp_path: Path) -> None:
    text = page(runs, tmp_path / "report").read_text(encoding="utf-8")

    assert all(run.manifest.hash in text for run in runs)
    assert protocol().hash in text
    assert "of which silent" in text
    assert "rule: zero" in text
    assert all(str(status) in text for status in Status)


def test_runs_on_different_audio_get_tables_of_their_own(runs: list[Run], tmp_path: Path) -> None:
    other = write(tmp_path / "runs", "z", two_tracks((1, 1), (1, 1)), identity={"dataset": "other"})
    text = page([*runs, other], tmp_path / "report").read_text(encoding="utf-8")

    assert "two-stems.v1 on invented/test</h2>" in text
    assert "two-stems.v1 on other/test</h2>" in text


def test_a_partial_run_is_told(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 1), (1, 1)), partial="2 of 50 tracks")
    text = page([run], tmp_path / "report").read_text(encoding="utf-8")

    assert "Only 2 of 50 tracks of the split were evaluated" in text


def test_the_same_runs_give_the_same_page(runs: list[Run], tmp_path: Path) -> None:
    first, second = (page(runs, tmp_path / name).parent for name in ("a", "b"))

    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) == 5
    assert all((first / one).read_bytes() == (second / one).read_bytes() for one in files)


def test_a_protocol_that_no_run_has_is_an_error(runs: list[Run], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it has two-stems"):
        page(runs, tmp_path, protocols=["three-stems"])


def test_runs_that_share_no_protocol_stand_on_one_page(runs: list[Run], tmp_path: Path) -> None:
    other = protocol(name="third")
    third = write(tmp_path / "runs", "third", two_tracks((1, 1), (1, 1)), under=other)
    text = page([*runs, third], tmp_path / "report").read_text(encoding="utf-8")

    assert "two-stems.v1 on invented/test</h2>" in text
    assert "third.v1 on invented/test</h2>" in text


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
