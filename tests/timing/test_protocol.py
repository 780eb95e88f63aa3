"""Timing protocols: every field is asked for, and released ones are what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sepeval import protocol as scoring
from sepeval.errors import ProtocolError, UnknownNameError
from sepeval.timing import load, released
from sepeval.timing.protocol import TimingProtocol, checksums, folder
from tests.timing.tiny import DOCUMENT, document, protocol, segment, write_protocol


@pytest.mark.parametrize("name", released())
def test_a_released_protocol_loads_and_is_what_was_released(name: str) -> None:
    found = load(name)

    assert (found.id, found.hash) == (name, checksums()[name])
    assert (folder() / f"{name}.yaml").read_text(encoding="utf-8").startswith("# ")


def test_checksums_name_every_released_protocol_and_no_other() -> None:
    lines = (folder() / "checksums.txt").read_text(encoding="ascii").splitlines()

    assert sorted(line.split()[1] for line in lines) == list(released())
    assert {path.name for path in folder().iterdir()} == {
        "checksums.txt",
        *(f"{name}.yaml" for name in released()),
    }


def test_they_are_no_protocols_of_scores() -> None:
    assert not set(released()) & set(scoring.released())
    with pytest.raises(UnknownNameError):
        scoring.load("timing-fp32")


def paths(part: object, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(part, dict):
        return [above]
    return [
        *([above] if above else []),
        *(one for key in part for one in paths(part[key], (*above, key))),
    ]


@pytest.mark.parametrize("place", paths(DOCUMENT), ids=".".join)
def test_nothing_has_a_default(place: tuple[str, ...]) -> None:
    def without(part: Any, steps: tuple[str, ...]) -> Any:  # noqa: ANN401 - a document
        first, *rest = steps
        changed = {key: value for key, value in part.items() if key != first}
        return {**changed, first: without(part[first], tuple(rest))} if rest else changed

    with pytest.raises(ValueError, match=place[-1]):
        TimingProtocol.model_validate(without(DOCUMENT, place))


@pytest.mark.parametrize(
    "change",
    [
        {"segment": None},
        {"calls": {"count": 2, "seconds": 1.0, "at_least": 4}},
        {"precisions": ["fp32", "fp32"]},
        {"precisions": ["fp64"]},
        {"name": "fast"},
        {"stems": "as_run"},
        {"segment": segment(batch={"kind": "doubling"})},
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        protocol(**change)


def test_the_hash_sees_meaning_and_no_names() -> None:
    first = protocol()

    assert protocol(name="timing-other", version=2, title="t", sources=["s"]).hash == first.hash
    assert protocol(segment=segment(transfer=True)).hash != first.hash


def test_a_file_is_loaded_by_its_path(tmp_path: Path) -> None:
    assert load(write_protocol(tmp_path)) == TimingProtocol.model_validate(document())


def test_a_released_protocol_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = write_protocol(tmp_path, name="timing-fp32")

    with pytest.raises(ProtocolError, match="never edited"):
        load(path)


def test_a_name_that_is_nearly_right_gets_an_offer() -> None:
    with pytest.raises(UnknownNameError, match="timing-fp32"):
        load("timing-fp23")


def test_all_problems_of_a_file_are_told(tmp_path: Path) -> None:
    path = write_protocol(tmp_path, title=3, precisions=[])

    with pytest.raises(ProtocolError, match=r"title.*precisions"):
        load(path)
