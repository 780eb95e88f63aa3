"""What holds for every test: it writes into its own folder only, and does the same each time."""

from __future__ import annotations

import os
from itertools import count

import pytest
from hypothesis import settings

# before any library starts its threads: small tests are slower on many, above all on a busy machine
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("sepeval", deadline=None, database=None, derandomize=True)
settings.load_profile("sepeval")


_NUMBERS = count()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests of files are cached in a fresh folder, never in the user's own."""
    folder = tmp_path_factory.getbasetemp() / f"cache-{next(_NUMBERS)}"  # made when it is needed
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
