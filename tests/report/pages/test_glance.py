"""The summary on the first page shows numbers where there are any."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sepeval.report import page
from tests.report.runs import Score, protocol, summary, two_tracks, write


def _summary(root: Path, scores: list[Score]) -> str:
    runs = [write(root / "runs", name, scores) for name in ("a", "b")]
    text = page(runs, root / "page", with_audits=False).read_text(encoding="utf-8")
    start = text.index('aria-label="Summary of')
    return text[start : text.index("</ul>", start)]


def test_stems_stand_for_all_where_it_has_no_value(tmp_path: Path) -> None:
    undefined = [Score(track, "bass", None, "undefined") for track in ("one", "two")]
    drums = [one for one in two_tracks((1, 3), (3, 5)) if one.stem == "drums"]

    text = _summary(tmp_path, [*undefined, *drums])

    assert ">two-stems.v1, drums</th>" in text
    assert text.count('data-number="4.0"') == 2
    assert "All has no value: no score is used of bass (left out: undefined)" in text


def test_all_alone_is_shown_where_it_has_a_value(tmp_path: Path) -> None:
    text = _summary(tmp_path, two_tracks((1, 3), (3, 5)))

    assert ">two-stems.v1</th>" in text
    assert "no value" not in text


def test_no_value_of_any_stem_is_told_with_the_reason(tmp_path: Path) -> None:
    scores = [Score("one", stem, None, "undefined") for stem in ("bass", "drums")]

    text = _summary(tmp_path, scores)

    assert ">two-stems.v1</th>" in text
    assert "All has no value: no score is used of bass, drums (left out: undefined)" in text


def test_without_all_the_first_stem_of_the_protocol_is_the_headline(tmp_path: Path) -> None:
    under = protocol(summaries=[summary(all_stems=[])])
    runs = [
        write(tmp_path / "runs", name, two_tracks((1, gain), (3, 5)), under=under)
        for name, gain in (("a", 3), ("b", 5))
    ]

    text = page(runs, tmp_path / "page", with_audits=False).read_text(encoding="utf-8")
    start = text.index('aria-label="Summary of')
    top = text[start : text.index("</ul>", start)]
    assert "sdr of bass, dB; higher is better" in top
    assert "rows behind it; bold: best.</caption>" in top
    assert "<strong>3.00</strong>" in top
    assert "sdr of bass, mean of means, in dB" in text  # the order of the tracks


def test_links_of_numbers_leave_the_underline_to_the_second() -> None:
    style = (resources.files("sepeval.report") / "html" / "report.css").read_text(encoding="utf-8")

    assert "td.number a { color: inherit; text-decoration: none; }" in style
