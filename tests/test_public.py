"""What `import sepeval` offers: each name is there, whatever was imported before."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import sepeval

NAMES = [name for name in sepeval.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_found_and_documented(name: str) -> None:
    found = getattr(sepeval, name)

    assert found.__doc__


def test_no_public_name_is_hidden_by_a_room_once_that_is_imported() -> None:
    rooms = {path.stem for path in Path(sepeval.__file__).parent.iterdir()}

    assert not rooms & set(NAMES)


@pytest.mark.parametrize("room", ["compare", "explain", "silence"])
def test_a_function_called_like_its_room_is_in_there(room: str) -> None:
    assert room not in NAMES
    assert callable(getattr(import_module(f"sepeval.{room}"), room))


def test_a_name_that_is_not_there_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        _ = sepeval.scores
