"""Runs with planted faults; their music is generated once for each file of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audits.planting import Make


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("music")


@pytest.fixture
def make(tmp_path: Path, data: Path) -> Make:
    return Make(tmp_path, data)
