from __future__ import annotations

import re

import pytest

from sepeval import citations
from sepeval.citations import bibtex, checked_dataset, entries
from sepeval.datasets.base import DATASETS
from sepeval.errors import UnknownNameError
from sepeval.protocol import load, released


def test_every_released_protocol_is_cited_with_the_papers_it_follows() -> None:
    known = entries()

    for name in released():
        protocol = load(name)
        text = bibtex(protocols=[protocol], datasets=[])
        assert f"@misc{{{protocol.id}," in text
        assert protocol.hash in text
        assert sum(known[key] in text for key in known) >= 1, name


def test_every_dataset_that_others_made_has_an_entry() -> None:
    own = {"folder", "synthetic"}

    assert set(citations._DATASETS) == set(DATASETS.names()) - own


def test_entries_are_whole_and_none_is_unused() -> None:
    text = citations._FILE.read_text(encoding="utf-8")
    known = entries()
    used = {
        key
        for keys in (*citations._PROTOCOLS.values(), *citations._DATASETS.values())
        for key in keys
    }

    assert len(known) == text.count("\n@") + 1
    assert set(known) == used
    for entry in known.values():
        assert entry.count("{") == entry.count("}")
        assert re.search(r"^  year = \{\d{4}\},$", entry, re.MULTILINE)


def test_each_entry_comes_once() -> None:
    protocols = [load("musdb18-sisec18"), load("musdb18-sisec18-vocals")]

    text = bibtex(protocols=protocols, datasets=["musdb18", "musdb18"])

    keys = re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE)
    assert len(keys) == len(set(keys))


def test_a_dataset_without_an_entry_is_named() -> None:
    with pytest.raises(UnknownNameError, match="no citation for dataset 'folder'"):
        checked_dataset("folder")
