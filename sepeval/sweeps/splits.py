"""On which split settings are chosen, and on which they are not."""

from __future__ import annotations

from collections.abc import Iterable

from sepeval.errors import DataError

_VALIDATION = ("validation", "valid", "val", "dev")  # names of splits to choose settings on


def is_test(split: str) -> bool:
    """Return whether a split is there to test on, by its name.

    Example:
        >>> is_test("test"), is_test("Test-full"), is_test("validation")
        (True, True, False)
    """
    return split.lower().startswith("test")


def validation_split(splits: Iterable[str]) -> str:
    """Return the split that settings are chosen on.

    Raises:
        DataError: none of the names says so.

    Example:
        >>> validation_split(["test", "train", "valid"])
        'valid'
    """
    names = {split.lower(): split for split in splits}
    for name in _VALIDATION:
        if name in names:
            return names[name]
    message = (
        f"none of the splits {', '.join(names.values())} is called {' or '.join(_VALIDATION)}; "
        "name the one that settings are chosen on (--split)"
    )
    raise DataError(message)
