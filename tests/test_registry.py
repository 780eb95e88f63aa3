"""Plug-ins are found by name, built-in ones by folder and foreign ones by entry point."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sepeval import registry
from sepeval.errors import SepevalError, UnknownNameError
from sepeval.registry import Registry, nearest

PACKAGE = "plugs_for_tests"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `plugs_for_tests` whose module `one` registers the plug-in `first`."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "base.py").write_text(
        f"from sepeval.registry import Registry\nPLUGS = Registry({PACKAGE!r}, kind='plug')\n"
    )
    (folder / "one.py").write_text(
        f"from {PACKAGE}.base import PLUGS\n@PLUGS.add('first')\nclass First: pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def _plugs() -> Registry[type]:
    import plugs_for_tests.base  # type: ignore[import-not-found]  # made by the fixture

    plugs: Registry[type] = plugs_for_tests.base.PLUGS
    return plugs


def _announce(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    points = [EntryPoint(name, value, PACKAGE) for name, value in values.items()]

    def found(*, group: str) -> list[EntryPoint]:
        return [point for point in points if point.group == group]

    monkeypatch.setattr(registry, "entry_points", found)


@pytest.mark.usefixtures("package")
def test_a_module_of_the_package_is_found_by_itself() -> None:
    plugs = _plugs()

    assert plugs.get("first").__name__ == "First"
    assert plugs.names() == ("first",)


@pytest.mark.usefixtures("package")
def test_nothing_is_imported_before_the_first_look_up() -> None:
    plugs = _plugs()

    assert f"{PACKAGE}.one" not in sys.modules
    assert plugs.names() == ("first",)
    assert f"{PACKAGE}.one" in sys.modules


@pytest.mark.usefixtures("package")
def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no plug is named 'frist'; did you mean 'first'\?"):
        _plugs().get("frist")


@pytest.mark.usefixtures("package")
def test_an_unknown_name_that_is_like_no_other_lists_all() -> None:
    with pytest.raises(UnknownNameError, match="no plug is named 'zzz'; known: first"):
        _plugs().get("zzz")


@pytest.mark.usefixtures("package")
def test_a_foreign_plug_in_is_found_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    _announce(monkeypatch, second="pathlib:PurePath")
    plugs = _plugs()

    assert plugs.names() == ("first", "second")
    assert plugs.get("second").__name__ == "PurePath"
    assert plugs.get("second") is plugs.get("second")


@pytest.mark.usefixtures("package")
def test_a_built_in_name_wins_over_a_foreign_one(monkeypatch: pytest.MonkeyPatch) -> None:
    _announce(monkeypatch, first="pathlib:PurePath")

    assert _plugs().get("first").__name__ == "First"
    assert _plugs().names() == ("first",)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("value", ["no_such_module_at_all:x", "pathlib:NoSuchClass"])
def test_a_foreign_plug_in_that_cannot_be_imported_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    _announce(monkeypatch, broken=value)

    with pytest.raises(SepevalError, match=f"plug 'broken' is announced as '{value}' and cannot"):
        _plugs().get("broken")


@pytest.mark.usefixtures("package")
def test_a_broken_foreign_plug_in_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _announce(monkeypatch, broken="no_such_module_at_all:x", second="pathlib:PurePath")

    assert _plugs().names() == ("broken", "first", "second")
    assert _plugs().get("first").__name__ == "First"
    assert _plugs().get("second").__name__ == "PurePath"


def test_two_plug_ins_cannot_have_one_name() -> None:
    plugs: Registry[type] = Registry(PACKAGE, kind="plug")
    plugs.add("same")(int)

    assert plugs.add("same")(int) is int
    with pytest.raises(SepevalError, match="two plugs are named 'same'"):
        plugs.add("same")(float)


def test_a_decorated_class_stays_what_it_is() -> None:
    plugs: Registry[type] = Registry(PACKAGE, kind="plug")

    @plugs.add("mine")
    class Mine:
        """A plug-in."""

    assert Mine.__name__ == "Mine"


def test_nearest_names_come_best_first_and_at_most_three() -> None:
    names = ["slakh2100-msdm", "musdb18-sisec18", "musdb18", "musdb18hq", "moisesdb"]

    assert nearest("musdb18-sisec", names).startswith("did you mean 'musdb18-sisec18'")
    assert nearest("musdb", names).count(" or ") <= 2
    assert nearest("anything", []) == "known: none"


def test_a_definition_that_is_run_again_takes_the_place_of_the_first() -> None:
    plugs: Registry[type] = Registry("sepeval.metrics", kind="plug")
    cell = "@PLUGS.add('own')\nclass Own: pass\n"
    for _ in range(2):
        space = {"PLUGS": plugs, "__name__": "__main__"}
        exec(cell, space)  # noqa: S102 - the test's own

    assert plugs.get("own") is space["Own"]
    with pytest.raises(SepevalError, match="two plugs are named 'own'"):
        plugs.add("own")(type("Other", (), {}))
