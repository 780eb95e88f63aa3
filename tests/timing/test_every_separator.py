"""Every registered separator that hears mixtures can be timed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.separators.base import SEPARATORS, Separator
from sepeval.separators.network import NetworkSeparator
from sepeval.timing import Subject, time_separators
from tests.separators.test_conformance import EXAMPLES, build
from tests.timing.tiny import DOCUMENT, protocol

pytestmark = pytest.mark.slow

WITHOUT_NETWORK = ("callable", "mixture", "mixture_over_n", "zeros")
HEARING = [
    pytest.param(name, marks=[] if name in WITHOUT_NETWORK else pytest.mark.slow)
    for name in sorted(EXAMPLES)
    if issubclass(SEPARATORS.get(name), Separator)
]


@pytest.mark.parametrize("name", HEARING)
def test_a_separator_is_timed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = EXAMPLES[name][0]
    separator = build(name, example)
    assert isinstance(separator, Separator)
    model = separator._model() if isinstance(separator, NetworkSeparator) else None
    has_segment = model is not None and model.segment is not None
    own = protocol(
        segment=DOCUMENT["segment"] if has_segment else None,
        track={"seconds": 0.25},
        warm_up={**DOCUMENT["warm_up"], "calls": 1, "limit_s": 0.1},
    )

    found = time_separators(
        [Subject(name, separator, rate=example.rate, channels=1)], own, root=tmp_path / "timings"
    )

    units = ["segment", "track"] if has_segment else ["track"]
    assert [arm.unit for arm in found.record.arms] == units
    for arm in found.record.arms:
        assert set(arm.stems) == set(example.stems)
        assert arm.produced_s > 0.0
        assert (arm.weights == "loaded") == (model is not None)
        assert all(arm.passes.values())
        assert arm.nfe > 0 or model is None
