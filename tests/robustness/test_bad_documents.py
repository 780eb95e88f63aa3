"""Damaged protocols, cards, tables and JSON of museval: read as they are, or refused with words."""

from __future__ import annotations

import csv
import json
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sepeval import printed, publications
from sepeval.audits.base import AUDITS, Audit, Table
from sepeval.audits.running import audit_all
from sepeval.checkpoints.card import Card, as_yaml, beside, card_of
from sepeval.interchange import import_museval
from sepeval.metrics.base import build
from sepeval.patterns import Pattern
from sepeval.protocol import Protocol, released
from sepeval.protocol.library import folder, read
from sepeval.protocol.strict_yaml import parse
from sepeval.scoring import grid
from sepeval.summary import score_frame, summarise
from sepeval.timing import protocol as timing
from tests.interchange.museval_json import FOUR, document, numbers
from tests.robustness.damage import damaged, ends_well, refused_or, rounds, spoiled
from tests.robustness.test_bad_metadata import BOMBS

pytestmark = pytest.mark.robustness
PIECES = st.sampled_from(
    [*"-:?[]{},&*!|>'\"%@`#~\n \t0.e<=\\_^$/", "\n  ", "null", "stems", "é", "\x00"]
)
TEXTS = st.text(max_size=80) | st.lists(PIECES, max_size=80).map("".join)
TEX = r"""\begin{tabular}{lrr}\toprule & Bass & Drums [dB] \\ \midrule
MSDM~\cite{a} & \textbf{17.12} & $18.68 \pm 0.2$ \\[2pt] Ours & \num{19.36} & {\bf 19.9}$^*$ \\
\bottomrule\end{tabular}"""


def _hour(protocol: Protocol) -> int:
    """The windows of a quarter of an hour, and the metrics: what a run asks of a protocol first."""
    for entry in protocol.metrics:
        build(entry)
    return len(grid(protocol, length=900 * 44100, rate=44100).windows)


def _protocol(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    found = ends_well("protocols", lambda: read(path))
    if found is not None:
        found.hash.encode()
        json.dumps(found.model_dump(mode="json")).encode()
        refused_or(lambda: _hour(found))


@pytest.mark.parametrize("name", released())
def test_a_damaged_protocol_is_read_as_it_is_or_refused(tmp_path: Path, name: str) -> None:
    content = (folder() / f"{name}.yaml").read_bytes()

    for spoilt in damaged(content, rounds(16), seed=released().index(name)):
        _protocol(tmp_path / "x.yaml", spoilt)
    for plain in spoiled(yaml.safe_load(content), rounds(48), seed=released().index(name)):
        text = yaml.safe_dump(plain, allow_unicode=True)
        _protocol(tmp_path / "x.yaml", text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", timing.released())
def test_a_damaged_timing_protocol_is_read_as_it_is_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.yaml"
    content = (timing.folder() / f"{name}.yaml").read_bytes()
    plain = spoiled(yaml.safe_load(content), rounds(60), seed=timing.released().index(name))
    dumped = (yaml.safe_dump(one).encode() for one in plain)

    for spoilt in (*damaged(content, rounds(30)), *dumped, *BOMBS.values()):
        path.write_bytes(spoilt)
        ends_well("timing protocols", lambda: timing.read(path).hash)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_no_protocol_and_no_card(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.yaml").write_bytes(BOMBS[name])

    assert ends_well("protocols", lambda: read(tmp_path / "x.yaml")) is None
    assert ends_well("cards", lambda: card_of(tmp_path / "x")) is None


@given(TEXTS)
@settings(max_examples=rounds(1500))
def test_any_text_is_yaml_or_is_refused(text: str) -> None:
    ends_well("protocols", lambda: parse(text, name="some.yaml"))


@given(TEXTS)
@settings(max_examples=rounds(600))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    def find() -> Path:
        found = Pattern(text).path(Path("/root"), track="a", stem="b")
        assert found.is_relative_to("/root")
        assert ".." not in found.parts
        return found

    ends_well("patterns", find)


def test_a_damaged_card_is_read_as_it_is_or_refused(tmp_path: Path) -> None:
    card = Card(
        separator="dicose_unet",
        kind="diffusion",
        architecture={"network": {"channels": 4, "heads": [1, 2]}},
        rate=22050,
        channels=1,
        stems=["bass", "drums"],
        segment=1024,
        precision="fp32",
        sigma_data=0.2,
        sha256="0" * 64,
    )
    content, path = as_yaml(card).encode(), tmp_path / "a.safetensors"
    dumped = (yaml.safe_dump(one).encode() for one in spoiled(card.model_dump(), rounds(400)))

    for spoilt in (*damaged(content, rounds(400)), *dumped):
        beside(path).write_bytes(spoilt)
        ends_well("cards", lambda: card_of(path))


def _museval(folder: Path, content: bytes) -> None:
    path = folder / "a.json"
    path.write_bytes(content)
    (folder / "runs").mkdir(exist_ok=True)
    runs = ends_well("museval JSON", lambda: import_museval(path, root=folder / "runs"))
    for run in runs or ():
        for name in run.manifest.protocols:
            frame = score_frame(run, run.protocol(name))
            unknown = frame["value"].isna()
            assert (unknown == (frame["status"] != "ok")).all()
            refused_or(lambda run=run, name=name: summarise(run, name))  # type: ignore[misc]


def test_damaged_json_of_museval_is_read_as_it_is_or_refused(tmp_path: Path) -> None:
    made = document(numbers(FOUR, 3, seed=1))
    cases = [*damaged(json.dumps(made).encode(), rounds(60))]
    cases += [json.dumps(one).encode() for one in spoiled(made, rounds(60))]

    for content in (*cases, *BOMBS.values()):
        _museval(tmp_path, content)


def _look(text: str) -> Callable[[], object]:
    def look() -> object:
        found = printed.numbers(text, name="a")
        tables: list[Audit[Any]] = [
            one for name in AUDITS.names() if (one := AUDITS.get(name)).of == "tables"
        ]
        assert tables
        return printed.lines(found), audit_all([Table(Path("a.csv"), text)], only=[])

    return look


def _tables() -> Iterator[tuple[str, str]]:
    folder_ = publications.folder()
    for path in sorted(folder_.glob("*.csv")):
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[:12]
        yield path.name, "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    yield "wide.csv", "system,Bass,Drums,All\nA,1.25,-3.5,2.0\nB,inf,~4,—\n"
    yield "table.tex", TEX


@pytest.mark.parametrize(("name", "text"), list(_tables()))
def test_a_damaged_table_is_audited_or_refused(name: str, text: str) -> None:
    for spoilt in damaged(text.encode(), rounds(60), seed=len(name)):
        ends_well("tables", _look(spoilt.decode("utf-8", "replace")))


@given(
    st.text(st.sampled_from(string.printable + "±−≈\x00"), max_size=200)
    | st.lists(st.sampled_from([*r"\{}[]&%$^_~", r"\\", r"\textbf{", "12.3", r"\hline", "\n"]))
    .map("".join)
    .map(lambda body: rf"\begin{{tabular}}{{l}}{body}\end{{tabular}}")
)
@settings(max_examples=rounds(1000))
def test_any_text_is_a_table_or_is_refused(text: str) -> None:
    ends_well("tables", _look(text))


@pytest.mark.parametrize(
    "unit",
    ["\\a{", "{", "\\textbf{a", "\\hline{", "[", "&", "1.2 ", "\\pm", '"', ",", " (", "\\\\["],
)
def test_a_long_line_of_anything_takes_no_long_time(unit: str) -> None:
    long = unit * 20_000
    ends_well("tables", _look(rf"\begin{{tabular}}{{l}}{long}\end{{tabular}}"))
    ends_well("tables", _look(f"system,Bass\n{long}\nA,1.5\n"))
    ends_well("tables", _look(f"system,Bass{long}\nA,1.5\n"))


def test_published_numbers_are_read_as_they_are_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publications, "folder", lambda: tmp_path)
    text = next(text for name, text in _tables() if name.endswith(".csv"))

    for content in damaged(text.encode(), rounds(400)):
        (tmp_path / "x.csv").write_bytes(content)
        ends_well("published CSV", lambda: publications.numbers(stem="Bass"))
