"""Published numbers are all there, once each, and what contradicts them is said."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import sepeval
from sepeval import publications
from sepeval.errors import DataError, UnknownNameError
from sepeval.publications import PublishedNumber, lines, numbers

COUNTS = {
    "dicose-v1": 131,
    "dicose-v2": 258,
    "dicose-readme": 18,
    "diff-vs": 5,
    "sisec18": 726,
    "mdx21-metrics": 136,
    "bsrnn": 40,
    "open-unmix": 12,
    "banquet": 8,
    "msst": 5,
}
RANGES_AND_SUMS = {
    "-5 to -10", "about -120", "~1.5", "86/14/50", "~265.7M",
    "405M x 2", "405M x 4", "405M + 90M", "265M + 90M", "131M + 180M",
}  # fmt: skip
OFF_BY_MORE = {
    ("DiCoSe v1", "Demucs + Gibbs (as reported in Manilow 2022) [MUSDB]", "SI-SDRi", "7.61"),
    ("DiCoSe v1", "Diffusion", "SI-SDRi", "22.58"),
    ("DiCoSe v1", "Deterministic Model [MUSDB]", "SI-SDRi", "8.75"),
    ("DiCoSe v2", "U-Net + Diff.", "SDR", "11.34"),
}


def key(one: PublishedNumber) -> tuple[str, ...]:
    model = (one.model, one.configuration)
    return (one.source, one.dataset, one.protocol, *model, one.stem, one.metric)


def test_every_file_has_its_numbers() -> None:
    found = {}
    for path in publications.folder().glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            found[path.stem] = sum(1 for _ in csv.DictReader(file))

    assert found == COUNTS
    assert len(numbers()) == 412 + 927


def test_no_number_is_there_twice() -> None:
    keys = [key(one) for one in numbers()]

    assert len(set(keys)) == len(keys)


def test_every_number_is_a_value_or_known_to_be_none() -> None:
    strange = {one.printed for one in numbers() if one.value is None}

    assert strange == RANGES_AND_SUMS


def test_every_number_says_what_it_is() -> None:
    for one in numbers():
        for text in (one.source, one.dataset, one.protocol, one.model, one.stem, one.metric):
            assert text == text.strip() != ""
            assert text.isprintable()
        assert one.unit in {"dB", "linear", "ratio", "ms", "s", "%", "count", "steps", "tracks"}


def test_the_mean_of_the_stems_is_all_except_where_a_note_says_so() -> None:
    off = set()
    for line in lines(numbers()):
        whole = line.numbers.get("All")
        stems = [one.value for name, one in line.numbers.items() if name != "All"]
        if whole is None or whole.value is None or len(stems) < 2:
            continue
        mean = sum(value for value in stems if value is not None) / len(stems)
        decimals = len(whole.printed.partition(".")[2]) if "SI-SDRi" not in line.metric else 2
        if abs(mean - whole.value) > 0.5 * 10**-decimals + 1e-6:
            off.add((line.source.partition(" (")[0], line.name.split(", T=")[0], line.metric,
                     whole.printed))  # fmt: skip
            assert "mean of" in whole.note

    assert off == OFF_BY_MORE


@pytest.mark.parametrize(
    ("wanted", "note"),
    [
        ({"source": "v1", "model": "Deterministic model", "stem": "All"}, "21.22|21.39"),
        ({"source": "v2", "model": "MSG", "dataset": "MUSDB18", "metric": "SDR"}, "3 stems only"),
        ({"source": "Sec. 5.3", "model": "Gibbs"}, "28.4 s; 56.8 s is 512 steps"),
        ({"source": "04c6824", "model": "U-Net Diffusion"}, "the opposite order"),
        ({"source": "v2", "model": "U-Net + CD (row 1)", "metric": "SDR", "stem": "All"},
         "the opposite order"),
        ({"source": "v2", "model": "BS RoFormer", "stem": "All"}, "bass differs by -2.06 dB"),
    ],
)  # fmt: skip
def test_a_known_contradiction_is_a_note(wanted: dict[str, str], note: str) -> None:
    found = numbers(**wanted)

    assert found
    assert any(part in one.note for one in found for part in note.split("|"))


def test_filters_take_parts_of_texts_and_whole_names() -> None:
    assert {one.stem for one in numbers(stem="all")} == {"All"}
    assert {one.metric for one in numbers(metric="si_sdri")} == {"SI-SDRi"}
    assert {one.dataset for one in numbers(dataset="musdb18-hq")} == {
        "MUSDB18-HQ", "MUSDB18-HQ test"
    }  # fmt: skip
    assert numbers(model="nobody") == ()


def test_an_unknown_filter_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="no column 'metrics'; did you mean 'metric'"):
        numbers(metrics="sdr")  # type: ignore[call-arg]


def test_the_package_offers_them_as_a_table() -> None:
    for _ in range(2):
        table = sepeval.published(
            source="SiSEC18", model="TAK1", protocol="median of track medians"
        )
        found = dict(zip(table["stem"], table["value"], strict=True))
        assert found == {
            "vocals": 6.6, "drums": 6.431, "bass": 5.156, "other": 4.152, "accompaniment": 12.834
        }  # fmt: skip
    assert sepeval.published(model="nobody").columns.tolist() == table.columns.tolist()


def test_lines_hold_one_model_under_one_protocol() -> None:
    found = lines(numbers(source="open-unmix"))

    assert [line.name for line in found] == ["UMX", "UMXHQ", "UMXL"]
    assert found[0].numbers["vocals"].printed == "6.32"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "expected the columns source, dataset"),
        ("", "expected the columns source, dataset"),
        ("{header}\nonly,three,texts\n", "number 0 has another count of columns"),
        ("{header}\n1,2,3,4,5,6,7,8,9,10,11\n", "number 0 has another count of columns"),
        ("\x00", "cannot be read|expected the columns"),
    ],
)
def test_a_damaged_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, message: str
) -> None:
    header = "source,dataset,protocol,model,configuration,stem,metric,value,unit,note"
    (tmp_path / "a.csv").write_text(content.replace("{header}", header), encoding="utf-8")
    monkeypatch.setattr(publications, "folder", lambda: tmp_path)

    with pytest.raises(DataError, match=message):
        numbers()


def test_an_absent_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publications, "folder", lambda: tmp_path)

    with pytest.raises(DataError, match="holds no published numbers"):
        numbers()
