"""Where the mixture is the stem itself, that is told once, and nothing false beside it."""

from __future__ import annotations

from pathlib import Path

from sepeval.audits.aggregation import infinite_scores
from sepeval.audits.nothing_to_separate import nothing_to_separate
from sepeval.audits.trivial_systems import trivial_systems
from tests.audits.boards import SDR, Heard, board, music, noisy, protocol, run
from tests.report.runs import Score, summary, write
from tests.report.runs import protocol as written

SIR = {
    "name": "sir",
    "metric": "bsseval",
    "where": "every_window",
    "parameters": {"output": "sir", "taps": 512, "filters": "track", "ill_conditioned": "museval"},
}


def solo(tracks: int) -> dict[str, Heard]:
    """Two tracks, in some of which the drums rest, so that the mixture is the bass."""
    found = {}
    for place in range(2):
        references = music(seed=place)
        references[1] *= place >= tracks
        found[str(place)] = Heard(references, noisy(references, level=0.5, seed=9))
    return found


def test_a_mixture_that_is_the_reference_is_a_note_and_beats_nobody(tmp_path: Path) -> None:
    made = run(tmp_path, "a", solo(2), [protocol(SDR), protocol(name="other")])

    (note,) = nothing_to_separate(board(made))

    assert note.severity == "note"
    assert "In 2 of 2 tracks the mixture is the reference of bass" in note.message
    assert [one.where for one in trivial_systems(board(made)) if "bass" in one.message] == []


def test_one_solo_among_tracks_does_not_lift_the_mixture(tmp_path: Path) -> None:
    made = run(tmp_path, "a", solo(1), [protocol(SDR)])

    (note,) = nothing_to_separate(board(made))

    assert "In 1 of 2 tracks" in note.message
    assert not list(trivial_systems(board(made)))


def test_mixtures_of_several_stems_are_no_finding(tmp_path: Path) -> None:
    made = run(tmp_path, "a", solo(0), [protocol(SDR)])

    assert not list(nothing_to_separate(board(made)))


def test_the_sir_of_one_stem_is_infinite_without_a_fault(tmp_path: Path) -> None:
    document = written(
        metrics=[SIR],
        stems={"vocals": ["vocals"]},
        summaries=[summary(metrics=["sir"], all_stems=[])],
    )
    rows = [Score("one", "vocals", None, "plus_inf", None, "sir")]
    made = write(tmp_path, "a", rows, under=document)

    (note,) = nothing_to_separate(board(made))

    assert f"Under {document.id} one stem is scored, so SIR is infinite" in note.message
    assert not list(infinite_scores(board(made)))
