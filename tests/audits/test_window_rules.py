from __future__ import annotations

from pathlib import Path

from sepeval.audits.silence_threshold import silence_definitions
from sepeval.audits.stored_parts import stale_scores
from sepeval.audits.window_rules import windows
from sepeval.protocol import Protocol
from sepeval.summary import summarise
from sepeval.what_if import Case, cases
from tests.audits.boards import SDR, Heard, board, music, noisy, protocol, run, silence
from tests.audits.test_blanking import uneven

WHOLE = protocol(name="whole", windows={"kind": "whole"})
TWO_S = {"kind": "sliding", "length_s": 2.0, "hop_s": 2.0, "tail": "drop", "shorter": "none"}


def test_windows_whose_edges_are_stored_are_answered(tmp_path: Path) -> None:
    made = run(tmp_path, "a", {"one": uneven()}, [protocol(windows=TWO_S), WHOLE])

    findings = list(windows(board(made)))

    ours = next(one for one in findings if one.where.startswith("two-stems"))
    answered = {row["windows"] for row in ours.evidence if row["answered"]}
    other = [str(row["system"]) for row in ours.evidence if not row["answered"]]
    assert "the whole length, cut from the track" in answered
    assert any("evaluate under " in one for one in other)
    assert not any("samples" in str(row["windows"]) for row in ours.evidence)  # of other rates
    by = {row["windows"]: row for row in ours.evidence if row["stem"] == "All"}
    assert by["the whole length, cut from the track"]["value_by_better_rule"] != ours.value


def test_a_rest_that_is_dropped_is_found(tmp_path: Path) -> None:
    references, estimates = uneven()
    heard = Heard(references[:, :, :560], estimates[:, :, :560])
    made = run(tmp_path, "a", {"one": heard}, [protocol()])

    (finding,) = windows(board(made))

    told = {row["windows"] for row in finding.evidence if row["answered"]}
    assert "1 s every 1 s, rest partial, cut from the track" in told
    assert "1 s every 1 s, rest pad, cut from the track" in told


def test_windows_that_score_alike_are_no_finding(tmp_path: Path) -> None:
    references = uneven().references
    pattern = references[:, :, :100].repeat(6, axis=0).reshape(2, 1, 600)
    made = run(tmp_path, "a", {"one": Heard(pattern, 0.9 * pattern)}, [protocol()])

    assert all(one.severity == "note" for one in windows(board(made)))


FILLED = {"length": 500, "length_s": None, "tail": "pad", "min_active": 0}  # 5 s


def test_windows_after_the_end_of_a_track_are_not_counted(tmp_path: Path) -> None:
    references = music()  # 6 s: of the second segment's five windows four hold nothing
    heard = {"one": Heard(references, noisy(references, level=0.1))}
    eps = {"eps": {"target": 1e-7, "error": 1e-7, "ratio": 0}}
    delta = {**SDR, "parameters": {**SDR["parameters"], **eps}}  # type: ignore[dict-item]
    quiet = silence(reference="leave_out", rule="zero_channel_sum")
    inside = protocol(delta, name="inside", segments=FILLED, silence=quiet)
    made = run(tmp_path, "a", heard, [protocol(delta), inside])

    assert not list(silence_definitions(board(made)))
    assert not list(stale_scores(board(made)))
    scored = [Case.under_windows(case, _cut_like(case.protocol, inside)) for case in cases([made])]
    assert all(one is not None and one.effect < 1e-9 for one in scored)


def test_a_protocol_that_scores_windows_after_the_end_keeps_them(tmp_path: Path) -> None:
    references = music()
    heard = {"one": Heard(references, noisy(references, level=0.1))}
    eps = {"eps": {"target": 1e-7, "error": 1e-7, "ratio": 0}}
    delta = {**SDR, "parameters": {**SDR["parameters"], **eps}}  # type: ignore[dict-item]
    made = run(tmp_path, "a", heard, [protocol(delta, segments=FILLED)])

    (case,) = cases([made])

    assert [row.used for row in case.numbers["a"]] == [
        row.used for row in summarise(made, case.protocol.id)
    ]


def _cut_like(one: Protocol, other: Protocol) -> Protocol:
    return one.model_copy(update={"windows": other.windows, "segments": other.segments})
