"""Reports in a real browser: what a reader sees, presses and clicks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sepeval.report import page
from tests.report.chromium import Tab, browser, executable
from tests.report.heard import SECONDS, TRACKS, evaluated

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(executable() is None, reason="there is no Chromium on this machine"),
]
READY = "document.body.dataset.ready === 'true' || !document.getElementById('trouble').hidden"
PHONE = 360  # pixels across


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser")
    return page(evaluated(root), root / "report").parent


@pytest.fixture(scope="module")
def silent(report: Path) -> Path:
    """The same report without audio."""
    from sepeval.store import find_runs

    runs = find_runs([report.parent / "runs"])
    return page(runs, report.parent / "silent", with_audio=False, with_audits=False).parent


@pytest.fixture(scope="module")
def started() -> Iterator[Tab]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        browser(Path(profile)) as tab,
    ):
        yield tab


@pytest.fixture
def tab(started: Tab) -> Iterator[Tab]:
    """A page of the size of a laptop; at the end its console must have been silent."""
    started.size(1280, 800)
    started.media(prefers_color_scheme="light")
    started.errors.clear()
    started.requests.clear()
    yield started
    assert started.errors == []
    assert {address.partition(":")[0] for address in started.requests} <= {"file", "data", "blob"}


def tracks(report: Path) -> list[Path]:
    return sorted((report / "tracks").rglob("*.html"))


def opened(tab: Tab, report: Path, number: int = 0) -> None:
    tab.open(tracks(report)[number])
    tab.wait(READY)
    assert tab.value("document.getElementById('trouble').textContent") == ""


def texts(tab: Tab, selector: str) -> list[str]:
    script = f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent.trim())"
    found: list[str] = tab.value(script)
    return found


def state(tab: Tab) -> dict[str, Any]:
    found: dict[str, Any] = tab.value("sepeval.player.state()")
    return found


def test_names_from_data_are_texts_on_every_page(tab: Tab, report: Path) -> None:
    tab.open(report / "index.html")
    assert TRACKS[0] in texts(tab, "table.tracks th a")
    assert "far <i>" in texts(tab, "table.scores th[scope=row]")
    for number in range(len(tracks(report))):
        opened(tab, report, number)
        assert tab.value("document.querySelectorAll('img, i, b').length") == 0
        assert any("far <i>" in one for one in texts(tab, "#sources button"))
    opened(tab, report)
    assert texts(tab, "h1") == [f"Track {TRACKS[0]}"]


def test_a_click_on_a_heading_sorts_and_words_filter(tab: Tab, report: Path) -> None:
    tab.open(report / "index.html")
    column = "#main table.tracks tbody tr td:last-child"
    click = "document.querySelector('table.tracks thead th:last-child button').click()"
    tab.value(click)
    falling = [float(one) for one in texts(tab, column)]
    tab.value(click)
    rising = [float(one) for one in texts(tab, column)]

    assert falling == sorted(falling, reverse=True)
    assert rising == falling[::-1]
    tab.value(
        "(() => { const box = document.querySelector('table.tracks').closest('.filterable')"
        ".querySelector('input'); box.value = 'THIRD'; box.dispatchEvent(new Event('input')); })()"
    )
    shown = "[...document.querySelectorAll('table.tracks tbody tr')].filter((one) => !one.hidden)"
    assert tab.value(f"{shown}.map((one) => one.cells[0].textContent)") == ["third"]


def test_findings_are_chosen_by_severity(tab: Tab, report: Path) -> None:
    tab.open(report / "index.html")
    shown = (
        "(() => { const menu = document.querySelector('.findings select'); menu.value = 'note';"
        " menu.dispatchEvent(new Event('change'));"
        " const found = [...document.querySelectorAll('.finding')].filter((one) => !one.hidden);"
        " return found.map((one) => one.dataset.severity); })()"
    )
    assert set(tab.value(shown)) <= {"note"}


def test_a_number_leads_to_the_rows_that_it_is_made_of(tab: Tab, report: Path) -> None:
    tab.open(report / "index.html")
    shown = tab.value("document.querySelectorAll('table.scores')[1].rows[1].cells[1].textContent")
    tab.value("document.querySelectorAll('table.scores')[1].rows[1].cells[1].firstChild.click()")
    tab.wait(
        "location.pathname.endsWith('rows.html') && document.getElementById('answer')?.textContent"
    )

    answer = tab.value("document.getElementById('answer').textContent")
    assert f"The table's number is {shown} dB" in answer
    assert (
        f"Rows: {3 * SECONDS}; used: {3 * SECONDS * 2 // 3}; left out: silent_reference 6" in answer
    )
    used = tab.value(
        "[...document.querySelectorAll('#rows tbody tr')].filter((one) =>"
        " one.cells[6].textContent === 'ok').map((one) => Number(one.cells[5].textContent))"
    )
    assert len(used) == 12
    assert sum(used) / len(used) == pytest.approx(float(shown), abs=0.006)
    tab.value(
        "(() => { const menu = document.querySelector('#filters select');"
        " menu.value = 'silent_reference'; menu.dispatchEvent(new Event('change')); })()"
    )
    assert tab.value("document.querySelectorAll('#rows tbody tr').length") == 6


def test_a_number_of_a_track_leads_to_the_rows_of_that_track(tab: Tab, report: Path) -> None:
    tab.open(report / "index.html")
    tab.value("document.querySelector('table.tracks tbody td a').click()")
    tab.wait(
        "location.pathname.endsWith('rows.html') && document.getElementById('answer')?.textContent"
    )

    assert tab.value("document.getElementById('answer').textContent").startswith("One track.")
    assert tab.value("document.querySelectorAll('#per-track tbody tr').length") == 1


def test_a_wrong_address_of_rows_is_told(tab: Tab, report: Path) -> None:
    tab.open(report / "rows.html", "#section=../../evil&number=0")

    tab.wait("!document.getElementById('trouble').hidden")
    assert "choose one on the overview" in tab.value(
        "document.getElementById('trouble').textContent"
    )


def test_one_source_is_heard_and_the_others_keep_step(tab: Tab, report: Path) -> None:
    opened(tab, report)
    tab.press(" ", "Space", text=" ")
    tab.wait("sepeval.player.state().playing && sepeval.player.state().time > 0.6")
    before = state(tab)
    tab.press("3", "Digit3", text="3")
    after = state(tab)

    assert [one["muted"] for one in before["sources"]] == [False, True, True, True]
    assert [one["muted"] for one in after["sources"]] == [True, True, False, True]
    assert all(abs(one["time"] - before["time"]) < 0.25 for one in before["sources"])
    assert abs(after["time"] - before["time"]) < 0.5
    tab.press(" ", "Space", text=" ")
    assert not state(tab)["playing"]
    assert texts(tab, "#sources [aria-pressed=true]") == ["3 ● near"]


def test_arrows_move_the_one_clock_and_digits_choose(tab: Tab, report: Path) -> None:
    opened(tab, report)
    tab.press("ArrowRight")
    assert state(tab)["time"] == pytest.approx(2)
    tab.press("ArrowLeft")
    tab.press("2", "Digit2", text="2")

    found = state(tab)
    assert found["time"] == 0
    assert found["heard"] == 1
    pressed = "[...document.querySelectorAll('#sources button')].map((one) => one.ariaPressed)"
    assert tab.value(pressed) == ["false", "true", "false", "false"]


def test_another_stem_keeps_time_and_source(tab: Tab, report: Path) -> None:
    opened(tab, report)
    tab.press("4", "Digit4", text="4")
    tab.press("ArrowRight")
    tab.press("s", "KeyS", text="s")

    found = state(tab)
    assert tab.value("sepeval.page.stem") == "drums"
    assert (found["heard"], found["time"]) == (3, pytest.approx(2))


def test_a_click_on_the_timeline_moves_the_clock_and_tells_the_window(
    tab: Tab, report: Path
) -> None:
    opened(tab, report)
    box = tab.value(
        "(() => { const box = document.querySelector('#stage .plot').getBoundingClientRect();"
        " return [box.left, box.top, box.width]; })()"
    )
    place = {"x": box[0] + box[2] * 0.75, "y": box[1] + 40, "button": "left", "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        tab.command("Input.dispatchMouseEvent", {"type": kind, **place})

    assert state(tab)["time"] == pytest.approx(0.75 * SECONDS, abs=0.05)
    said = tab.value("document.getElementById('readout').textContent")
    assert said.startswith("4.00 to 5.00 s, reference is silent")
    assert "near silent_reference" in said


def test_the_timeline_shows_lines_strips_and_activity(tab: Tab, report: Path) -> None:
    opened(tab, report)

    assert tab.value("document.querySelectorAll('#timeline .trace').length") == 2
    assert tab.value("document.querySelectorAll('#timeline .gone.silent_reference').length") == 2
    assert tab.value("document.querySelectorAll('#timeline .sounds').length") == 1
    label = tab.value("document.getElementById('timeline').getAttribute('aria-label')")
    assert "near: 4 windows from" in label


def test_waveforms_and_spectrograms_are_drawn(tab: Tab, report: Path) -> None:
    opened(tab, report)
    drawn = (
        "[...document.querySelectorAll('#lanes canvas')].map((one) => { try { return one.getContext"
        "('2d').getImageData(0, 0, one.width, one.height).data.some(Boolean); }"
        " catch (error) { return error.name; } })"
    )

    # from disk a picture may not be read back: the browser says so, which shows that it was drawn
    tab.wait("document.querySelectorAll('#lanes canvas').length === 11")
    tab.wait(f"{drawn}.filter((one) => one === 'SecurityError').length === 5")
    assert tab.value(f"{drawn}.filter((one) => one === true).length") == 6
    tab.press("e", "KeyE", text="e")
    assert tab.value("document.querySelectorAll('#lanes .lane').length") == 4
    tab.errors[:] = [one for one in tab.errors if "readback" not in one]  # of this test alone


def test_every_track_is_reached_by_keyboard(tab: Tab, report: Path) -> None:
    opened(tab, report)
    first = tab.value("location.pathname")
    for _ in TRACKS:
        here = tab.value("location.pathname")
        tab.press("n", "KeyN", text="n")
        tab.wait(f"location.pathname !== {here!r}")
        tab.wait(READY)

    assert tab.value("location.pathname") == first
    tab.press("Tab")
    assert tab.value("document.activeElement.className") == "skip"


def test_without_audio_the_page_says_why_and_draws_all_the_same(tab: Tab, silent: Path) -> None:
    opened(tab, silent)

    assert not (silent / "audio").exists()
    assert tab.value("document.getElementById('play').disabled")
    assert "--no-audio" in tab.value("document.getElementById('said').textContent")
    assert tab.value("document.querySelectorAll('#lanes canvas').length") == 11
    tab.press(" ", "Space", text=" ")
    tab.press("ArrowRight")
    assert state(tab)["playing"] is False
    assert state(tab)["time"] == pytest.approx(2)


@pytest.mark.parametrize("width", [PHONE, 820, 1920])
def test_no_page_scrolls_sideways(tab: Tab, report: Path, width: int) -> None:
    tab.size(width, 740, phone=width == PHONE)
    wide = "document.documentElement.scrollWidth <= innerWidth"

    tab.open(report / "index.html")
    assert tab.value("innerWidth") == width
    assert tab.value(wide)
    address = tab.value("document.querySelector('table.scores td a').getAttribute('href')")
    opened(tab, report)
    assert tab.value(wide)
    tab.open(report / "rows.html", "#" + address.partition("#")[2])
    tab.wait("document.getElementById('answer').textContent")
    assert tab.value(wide)


def test_dark_pages_are_dark_and_printed_ones_light(tab: Tab, report: Path) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    tab.media(prefers_color_scheme="dark")
    tab.open(report / "index.html")
    dark = tab.value(paper)
    tab.media("print", prefers_color_scheme="dark")
    printed = tab.value(paper)

    assert dark == "rgb(22, 23, 26)"
    assert printed == "rgb(255, 255, 255)"
    assert tab.value("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_a_folder_that_was_copied_in_part_says_what_is_missing(
    tab: Tab, report: Path, tmp_path: Path
) -> None:
    import shutil

    part = tmp_path / "part"
    shutil.copytree(report, part, ignore=shutil.ignore_patterns("data"))
    tab.open(tracks(part)[0])

    tab.wait("!document.getElementById('trouble').hidden")
    assert "copy the whole folder" in tab.value("document.getElementById('trouble').textContent")
    tab.errors.clear()  # the browser reports the files that are missing
