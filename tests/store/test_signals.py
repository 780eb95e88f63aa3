from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np

from sepeval.kernels.signal_facts import Levels, signal_facts
from sepeval.store.parts import read_table, write_table
from sepeval.store.signals import read_signals, write_signals


def same(one: Levels, other: Levels) -> bool:
    names = [field.name for field in fields(Levels)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_signal_facts_come_back_as_they_were_written(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    references = 0.1 * generator.standard_normal((2, 2, 150_000))
    references[1] = 0.0
    estimates = references + 0.01 * generator.standard_normal(references.shape)
    estimates[:, :, 66_000:] = estimates[:, :, 65_000:-1000]
    facts = signal_facts(references, estimates, references.sum(axis=0), rate=8000)

    write_signals(tmp_path / "a.parquet", (facts, facts), track="one", stems=("bass", "drums"))
    stems, (found, again) = read_signals(tmp_path / "a.parquet")

    assert stems == ("bass", "drums")
    assert found.rate == again.rate == 8000
    assert found.lags == facts.lags
    assert found.lags[1] is None
    assert found.elsewhere == facts.elsewhere
    assert found.elsewhere[0] is not None
    assert found.seams == facts.seams
    assert [one.tolist() for one in found.holes] == [one.tolist() for one in facts.holes]
    assert np.array_equal(found.likeness[: len(facts.likeness)], facts.likeness)
    assert same(found.mixture, facts.mixture)
    assert all(map(same, found.estimates, facts.estimates))


def test_facts_that_were_written_without_a_second_lag_are_read(tmp_path: Path) -> None:
    signal = np.random.default_rng(1).standard_normal((1, 1, 9000))
    facts = signal_facts(signal, signal, signal[0], rate=8000)
    write_signals(tmp_path / "a.parquet", (facts,), track="one", stems=("bass",))
    table, header = read_table(tmp_path / "a.parquet")
    own = [name for name in table.column_names if not name.startswith("elsewhere")]
    write_table(tmp_path / "b.parquet", table.select(own), header)

    _, (found,) = read_signals(tmp_path / "b.parquet")

    assert found.lags == facts.lags
    assert found.elsewhere == (None,)
