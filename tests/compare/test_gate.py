from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.compare import Comparison, broken, compare, parsed
from sepeval.errors import SepevalError, UnknownNameError
from tests.compare.test_comparison import BASS, DRUMS, two


@pytest.fixture
def worse(tmp_path: Path) -> Comparison:
    """A comparison in which bass loses 0.2 dB on average, and drums gain 0.1 dB everywhere."""
    bass = BASS - 0.2 + 0.3 * np.array([1, -1, 1, -1, 1, -1])
    return compare(two(tmp_path, bass, DRUMS + 0.1), "two-stems")


@pytest.mark.parametrize(
    "text",
    [
        "sdr>=-0.1",
        "sdr > -0.06",
        "sdr>=-.1",
        "sdr.drums>=0.05",
        "sdr.bass<=-0.1",
        "low(sdr.drums)>0.05",
        "high(sdr.bass)<0.5",
    ],
)
def test_a_gate_is_passed(worse: Comparison, text: str) -> None:
    assert broken(parsed(text), worse) == ()


@pytest.mark.parametrize("text", ["sdr>=0", "sdr.bass>=-0.1", "low(sdr.bass)>=-0.3"])
def test_a_gate_that_is_not_passed_says_why(worse: Comparison, text: str) -> None:
    (reason,) = broken(parsed(text), worse)

    assert reason.startswith("new: sdr of ")
    assert "from base is -0." in reason
    assert "the gate asks for >=" in reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sdr",
        "sdr=>1",
        "sdr>=x",
        "sdr>=.",
        "sdr>=1dB",
        "low(sdr>=1",
        "sdr)>=1",
        "(sdr)>=1",
        "low sdr>=1",
    ],
)
def test_what_is_no_gate_is_refused(text: str) -> None:
    with pytest.raises(SepevalError, match="is no gate; write"):
        parsed(text)


def test_a_gate_on_another_metric_or_stem_is_refused(worse: Comparison) -> None:
    with pytest.raises(SepevalError, match="add --metric isr"):
        broken(parsed("isr>=0"), worse)
    with pytest.raises(UnknownNameError, match="no stem is named 'base'"):
        broken(parsed("sdr.base>=0"), worse)
