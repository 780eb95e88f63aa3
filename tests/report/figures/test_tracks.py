from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from sepeval.errors import StoreError, UnknownNameError
from sepeval.protocol import Summary
from sepeval.report import plot
from sepeval.report.drawing.canvas import look
from sepeval.report.figures.kinds import drawings
from sepeval.report.figures.tracks import words_of
from sepeval.results import gather
from sepeval.store import Run
from sepeval.summary import per_track
from tests.report.runs import Score, protocol, summary, two_tracks, write

FLAT = [{"over": ["window", "track", "replicate"], "by": "mean"}]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """One system, of whose bass one window is silent."""
    scores = [*two_tracks((1, 3), (3, 5)), Score("one", "bass", 61.0, silent=True)]
    return write(tmp_path / "runs", "system", scores)


def frame(*rows: tuple[str, int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["track", "replicate", "start", "value"])


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (FLAT, "mean over windows and replicates"),
        (summary()["steps"], "mean over windows, then mean over replicates"),
    ],
)
def test_a_track_is_the_mean_of_its_windows(steps: object, told: str) -> None:
    document = Summary.model_validate(summary(steps=steps))
    used = frame(("one", 0, 0, 1.0), ("one", 0, 9, 3.0), ("two", 0, 0, 5.0))

    assert per_track(used, document).to_dict() == {"one": 2.0, "two": 5.0}
    assert words_of(document) == told


def test_a_track_is_reduced_in_the_order_of_the_protocol() -> None:
    steps = [
        {"over": ["replicate"], "by": "mean"},
        {"over": ["window"], "by": "median"},
        {"over": ["track"], "by": "mean"},
    ]
    used = frame(*(("one", draw, at, at * 9.0 + draw) for draw in (0, 2) for at in (0, 1, 5)))

    values = per_track(used, Summary.model_validate(summary(steps=steps)))
    assert values.to_dict() == {"one": 10.0}


def test_figures_are_written_in_every_format(run: Run, tmp_path: Path) -> None:
    paths = plot([run], "two-stems", metric="sdr", folder=tmp_path / "figures")

    assert [path.name for path in paths] == [
        f"two-stems.v1--sdr--mean_of_means--{kind}.{ending}"
        for kind in ("tracks", "silence")
        for ending in ("png", "pdf", "svg")
    ]
    assert [path.read_bytes()[:4] for path in paths[:3]] == [b"\x89PNG", b"%PDF", b"<?xm"]


@pytest.mark.slow
def test_the_same_runs_give_the_same_figures(run: Run, tmp_path: Path) -> None:
    first, second = (
        plot([run], "two-stems", metric="sdr", folder=tmp_path / name) for name in ("a", "b")
    )

    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_without_silent_references_there_is_no_figure_of_silence(tmp_path: Path) -> None:
    run = write(tmp_path, "a", two_tracks((1, 1), (1, 1)))
    found = drawings(gather([run], "two-stems"), "sdr")

    assert [one.name for one in found] == ["two-stems.v1--sdr--mean_of_means--tracks"]


def test_the_figure_of_silence_parts_windows_by_their_reference(run: Run) -> None:
    silence = drawings(gather([run], "two-stems"), "sdr")[1]

    assert "bass: system sounding 2.00, silent 61.00 (33 %)" in silence.words
    assert "drums: system sounding 4.00, silent none (0 %)" in silence.words


def test_the_figure_of_tracks_tells_medians(run: Run) -> None:
    tracks = drawings(gather([run], "two-stems"), "sdr")[0]

    assert "bass: system 17.00. drums: system 4.00." in tracks.words


def test_all_has_a_panel_of_its_own(run: Run) -> None:
    tracks = drawings(gather([run], "two-stems"), "sdr")[0]

    assert "All: system 10.50." in tracks.words  # 18 and 4: the means of bass and drums
    titles = [axis.get_title(loc="left") for axis in tracks.draw().axes]
    assert titles == ["bass (2 tracks)", "drums (2 tracks)", "All (2 tracks)"]


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    under = protocol(summaries=[summary(infinite="keep")])
    scores = [
        Score("one", "bass", None, "plus_inf"),
        Score("two", "bass", 1.0),
        Score("one", "drums", None, "silent_estimate"),
    ]
    other = [Score("one", "bass", 1.0), Score("two", "bass", 1.0), Score("one", "drums", 2.0)]
    runs = [
        write(tmp_path, "a", scores, under=under),
        write(tmp_path, "b", other, under=under),
    ]
    drawing = drawings(gather(runs, "two-stems"), "sdr")[0]

    shown = [text.get_text() for axis in drawing.draw().axes for text in axis.texts]
    assert shown == ["1 infinite, not drawn", "no value", "1 track"]  # bass, drums, All


def test_names_are_drawn_as_they_are_and_fit_on_the_paper(tmp_path: Path) -> None:
    names = ["$x_{1}$ costs $5", "long " * 30, "y" * 100, "分離", *"efghijkl"]
    runs = [write(tmp_path / "runs", name, two_tracks((1, 2), (3, 4))) for name in names]

    paths = plot(runs, "two-stems", metric="sdr", folder=tmp_path, formats=["png"])
    assert len(paths) == 1
    runs = [run for run in runs if run.manifest.label.isascii()]  # the font has no other signs
    figure = drawings(gather(runs, "two-stems"), "sdr")[0].draw()
    figure.draw_without_rendering()
    texts = [*figure.texts, *figure.axes[0].get_yticklabels()]
    boxes = [text.get_window_extent() for text in texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert all(box.y0 >= 0 and box.y1 <= figure.bbox.y1 for box in boxes)
    labels = sorted(boxes[len(figure.texts) :], key=lambda box: float(box.y0))
    assert all(low.y1 <= high.y0 for low, high in pairwise(labels))


def test_twelve_systems_look_different() -> None:
    assert len({look(place) for place in range(12)}) == 12


def test_an_unknown_metric_or_format_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="it has sdr"):
        plot([run], "two-stems", metric="sir", folder=tmp_path)
    with pytest.raises(UnknownNameError, match="'gif'"):
        plot([run], "two-stems", metric="sdr", folder=tmp_path, formats=["gif"])


def test_a_folder_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be written"):
        plot([run], "two-stems", metric="sdr", folder=tmp_path / "file", formats=["png"])


def test_a_notebook_shows_a_drawing_as_an_image(run: Run) -> None:
    (drawing, *_) = drawings(gather([run], protocol().id), "sdr")

    assert drawing._repr_png_().startswith(b"\x89PNG")
    assert drawing._repr_png_() == drawing._repr_png_()
