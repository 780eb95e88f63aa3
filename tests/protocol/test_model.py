"""A protocol says everything, nothing twice, and its hash sees what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sepeval.errors import ProtocolError, SepevalError
from sepeval.metrics.base import build
from sepeval.protocol import Protocol, in_samples, library
from sepeval.protocol.library import read
from sepeval.protocol.strict_yaml import parse
from tests.protocol.documents import document, protocol, scaled_eps, sdr, si_sdr, silence, sliding

Place = tuple[str | int, ...]
EXPLANATIONS = {"name", "version", "title", "sources"}
FREE = {"stems", "parameters", "eps"}  # mappings whose keys a protocol document does not fix


def full() -> dict[str, Any]:
    """A document that uses every part."""
    metrics = [si_sdr(eps=scaled_eps(1e-8)), sdr("late", precision="float32")]
    segments = {"length": None, "length_s": 11.0, "tail": "pad", "min_active": 2}
    audio = document()["audio"]
    limits = {"tolerance_s": 0.25, "rule": "cut"}
    return document(
        "vocals",
        "accompaniment",
        stems={"vocals": ["vocals"], "accompaniment": ["drums", "bass"]},
        audio={**audio, "rate": 22050, "multiple_of": 512, "references": limits},
        segments=segments,
        windows=sliding(4.0, 2.5),
        silence=silence("rms_dbfs", -60.0, min_active=1),
        metrics=metrics,
    )


def as_released(name: str) -> dict[str, Any]:
    path = library.folder() / f"{name}.yaml"
    whole = parse(path.read_text(encoding="utf-8"), name=str(path))
    assert isinstance(whole, dict)
    return whole


DOCUMENTS = {"made-up": full(), **{name: as_released(name) for name in library.released()}}
every_document = pytest.mark.parametrize("name", DOCUMENTS)
some_documents = pytest.mark.parametrize("name", ["made-up", "musdb18-sisec18.v1"])


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Every place of a document, of mappings and lists as well."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type]
    for key, one in parts:
        yield (*at, key)
        if isinstance(one, dict | list):
            yield from places(one, (*at, key))


def found(whole: dict[str, Any], place: Place) -> Any:  # noqa: ANN401 - any value
    for key in place:
        whole = whole[key]  # type: ignore[index]  # a path of the document
    return whole


def changed(whole: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    other = deepcopy(whole)
    found(other, place[:-1])[place[-1]] = value
    return other


def without(whole: dict[str, Any], place: Place) -> dict[str, Any]:
    other = deepcopy(whole)
    del found(other, place[:-1])[place[-1]]
    return other


def hash_of(whole: dict[str, Any]) -> str | None:
    """The hash of a document; None if it is no protocol."""
    try:
        one = Protocol.model_validate(whole)
        for entry in one.metrics:
            build(entry)
    except (ValidationError, SepevalError):
        return None
    return one.hash


def words(schema: object) -> set[str]:
    """Every word that a field of a protocol may hold."""
    if isinstance(schema, dict):
        own = {one for one in (*schema.get("enum", []), schema.get("const")) if one}
        return own.union(*(words(one) for one in schema.values()))
    return set().union(*(words(one) for one in schema)) if isinstance(schema, list) else set()


WORDS = sorted(words(Protocol.model_json_schema()) | {"float32", "energies_summed", "once", "sir"})


def others(value: object) -> list[object]:
    """Values that mean something else, whether a field accepts them or not."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value * 0.5, value + 1e-9, str(value), None]
    if isinstance(value, str):
        return [f"{value}x", None, *(one for one in WORDS if one != value)]
    if value is None:
        return [0, 1, 0.5, "none", [], {}]
    if isinstance(value, list):
        return [[*value, "x"], value[:-1], [*value, *value], {}]
    return [{}]


@some_documents
def test_every_change_of_meaning_changes_the_hash_or_is_refused(name: str) -> None:
    whole = DOCUMENTS[name]
    before = hash_of(whole)
    assert before is not None

    accepted = 0
    for place in places(whole):
        if place[0] in EXPLANATIONS:
            continue
        for value in others(found(whole, place)):
            if value == found(whole, place):
                continue
            after = hash_of(changed(whole, place, value))
            assert after != before, (place, value)
            accepted += after is not None
    assert accepted > 50


@every_document
def test_explanations_do_not_change_the_hash(name: str) -> None:
    whole = DOCUMENTS[name]
    renamed = {**whole, "name": "other", "version": 9, "title": "t", "sources": ["a", "b"]}

    assert hash_of(renamed) == hash_of(whole)


@every_document
def test_spelling_does_not_change_the_hash(name: str, tmp_path: Path) -> None:
    whole = DOCUMENTS[name]
    turned = tmp_path / "turned.yaml"
    turned.write_text("# a comment\n" + json.dumps(backwards(whole), indent=1) + "  # the end\n")

    assert read(turned).hash == hash_of(whole)


def backwards(value: object) -> object:
    """The same with the keys in another order, and whole numbers written as fractions."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [backwards(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def test_four_is_four_point_zero() -> None:
    hashes = {protocol(windows=sliding(length, 2)).hash for length in (4, 4.0)}
    hashes |= {protocol(metrics=[si_sdr(eps=scaled_eps(eps))]).hash for eps in (0, 0.0)}

    assert len(hashes) == 2


def test_the_hash_is_sixty_four_hexadecimal_digits() -> None:
    assert len(bytes.fromhex(protocol().hash)) == 32


@some_documents
def test_nothing_has_a_default(name: str, tmp_path: Path) -> None:
    whole = DOCUMENTS[name]
    path = tmp_path / "short.yaml"

    for place in places(whole):
        if isinstance(place[-1], int) or {"stems", "parameters"} & set(place[:-1]):
            continue
        path.write_text(json.dumps(without(whole, place)))
        with pytest.raises(ProtocolError) as raised:
            read(path)
        assert str(place[-1]) in str(raised.value), place
        assert str(raised.value).startswith(f"{path}: ")


@some_documents
def test_an_unknown_key_is_named_wherever_it_is(name: str, tmp_path: Path) -> None:
    whole = DOCUMENTS[name]
    mappings: list[Place] = [
        (),
        *(one for one in places(whole) if isinstance(found(whole, one), dict)),
    ]
    path = tmp_path / "long.yaml"

    for place in mappings:
        if FREE & set(place):
            continue
        path.write_text(json.dumps(changed(whole, (*place, "colour"), "red")))
        with pytest.raises(ProtocolError, match=r"colour: is no field of a protocol"):
            read(path)


def test_every_problem_of_a_document_is_in_one_message(tmp_path: Path) -> None:
    whole = full()
    del whole["title"]
    whole["audio"]["rate"] = "fast"
    whole["audio"]["chanels"] = "mono"
    whole["windows"]["hop_s"] = -2.0
    whole["metrics"][0]["name"] = "SI SDR"
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps(whole))

    with pytest.raises(ProtocolError) as raised:
        read(path)

    lines = str(raised.value).splitlines()
    assert lines[0].startswith(f"{path}: ")
    assert lines[0].endswith("problems")
    text = "\n".join(lines[1:])
    for part in ("title: is missing", "audio.rate", "'fast'", "audio.chanels", "hop_s", "-2.0"):
        assert part in text
    assert "metrics.0.name" in text
    assert "'SI SDR'" in text


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("silence", "threshold"), None, "rule 'rms_dbfs' and threshold None do not fit"),
        (("silence", "rule"), "zero", "rule 'zero' and threshold -60.0 do not fit"),
        (("segments", "length"), 5, "give either length"),
        (("segments", "length_s"), None, "give either length"),
        (("metrics", 1, "name"), "si_sdr", "two metrics are named 'si_sdr'"),
        (("summaries", 0, "metrics"), ["sdr"], "names unknown 'sdr'"),
        (("summaries", 0, "all_stems"), ["drums"], "names unknown 'drums'"),
        (("summaries", 0, "steps", 0, "over"), ["window", "track"], "window, track and replicate"),
        (
            ("summaries", 0, "steps", 0, "over"),
            ["window", "track", "replicate", "track"],
            "window, track and replicate",
        ),
        (("stems",), {}, "no stem is named"),
        (("version",), 0, "version"),
        (("version",), True, "version"),
        (("version",), "1", "version"),
        (("name",), "Two Words", "name"),
        (("audio", "rate"), 0, "audio.rate"),
        (("audio", "rate"), 22050.0, "audio.rate"),
        (("audio", "references", "tolerance_s"), -1, "tolerance_s"),
        (("windows", "kind"), "sliced", "kind"),
        (("windows", "length_s"), 0, "length_s"),
        (("windows", "length_s"), "4", "length_s"),
    ],
)
def test_what_does_not_fit_is_said(
    place: Place, value: object, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(json.dumps(changed(full(), place, value)))

    with pytest.raises(ProtocolError) as raised:
        read(path)

    assert message in str(raised.value)


def test_a_protocol_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        protocol().version = 2


def test_its_id_is_its_name_and_version() -> None:
    assert protocol().id == "made-up.v1"


def test_sources_are_named_once_in_the_order_of_the_stems() -> None:
    assert Protocol.model_validate(full()).sources_of_stems == ("vocals", "drums", "bass")


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
@given(samples=st.integers(0, 10**8))
def test_seconds_become_the_samples_they_came_from(rate: int, samples: int) -> None:
    assert in_samples(samples / rate, rate) == samples


@pytest.mark.parametrize(("seconds", "rate"), [(0.00001, 44100), (1.5, 22051), (1 / 3, 22050.5)])
def test_a_fraction_of_a_sample_is_refused(seconds: float, rate: int) -> None:
    with pytest.raises(ProtocolError, match=rf"{seconds} s at {rate} Hz is .* whole number"):
        in_samples(seconds, rate)
