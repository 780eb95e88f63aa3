from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np

from sepeval.kernels.signal_facts import Levels, signal_facts
from sepeval.store.signals import read_signals, write_signals


def same(one: Levels, other: Levels) -> bool:
    names = [field.name for field in fields(Levels)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_signal_facts_come_back_as_they_were_written(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    references = 0.1 * generator.standard_normal((2, 2, 50_000))
    references[1] = 0.0
    estimates = references + 0.01 * generator.standard_normal(references.shape)
    facts = signal_facts(references, estimates, references.sum(axis=0), rate=8000)

    write_signals(tmp_path / "a.parquet", (facts, facts), track="one", stems=("bass", "drums"))
    stems, (found, again) = read_signals(tmp_path / "a.parquet")

    assert stems == ("bass", "drums")
    assert found.rate == again.rate == 8000
    assert found.lags == facts.lags
    assert found.lags[1] is None
    assert found.seams == facts.seams
    assert [one.tolist() for one in found.holes] == [one.tolist() for one in facts.holes]
    assert np.array_equal(found.likeness[: len(facts.likeness)], facts.likeness)
    assert same(found.mixture, facts.mixture)
    assert all(map(same, found.estimates, facts.estimates))
