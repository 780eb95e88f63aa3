"""Foreign callables: every form of output that is taken, and every fault that is named."""

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sepeval.errors import SeparatorError
from sepeval.separators.foreign import ForeignCallable

STEMS = ("bass", "drums")
MIXTURE = np.linspace(-1.0, 1.0, 8).reshape(2, 4)
SOURCE = """
import functools
import sys
import numpy as np
import torch

def mapping(mixture, rate):
    return {"drums": mixture / rate, "bass": mixture, "extra": None}

def array(mixture, rate):
    return np.stack([mixture, mixture / rate])

def float32(mixture, rate):
    return array(mixture, rate).astype(np.float32)

def tensor(mixture, rate):
    return torch.tensor(array(mixture, rate), requires_grad=True)

def lists(mixture, rate):
    return array(mixture, rate).tolist()

class Model:
    def __call__(self, mixture, rate):
        return array(mixture, rate)
    def method(self, mixture, rate):
        return array(mixture, rate)

model = Model()

class Counted(Model):
    built = 0
    def __init__(self):
        Counted.built += 1

fixed = functools.partial(array)

def greedy(mixture, rate):
    mixture *= 0.0
    return np.stack([mixture, mixture])

def noise(mixture, rate, *, seed):
    return np.random.default_rng(seed).standard_normal((2, *mixture.shape))

def raising(mixture, rate):
    raise ValueError("out of luck")

def leaving(mixture, rate):
    sys.exit(3)

def alone(mixture):
    return mixture

def lacking(mixture, rate):
    return {"bass": mixture}

def short(mixture, rate):
    return np.stack([mixture, mixture])[..., :-1]

def long(mixture, rate):
    return {"bass": np.pad(mixture, [(0, 0), (0, 1)]), "drums": mixture}

def three(mixture, rate):
    return np.stack([mixture] * 3)

def flat(mixture, rate):
    return mixture

def nothing(mixture, rate):
    return None

def ragged(mixture, rate):
    return {"bass": [mixture, mixture[:, 1:]], "drums": mixture}

def several(mixture, rate):
    return mixture, mixture

def integer(mixture, rate):
    return np.stack([mixture, mixture]).astype(np.int16)

def undefined(mixture, rate):
    return np.stack([mixture, mixture * np.nan])

class Leaving:
    def __init__(self):
        sys.exit("no weights")

class Broken:
    def __init__(self):
        raise FileNotFoundError("weights.bin")

number = 3
"""
RAISES = SOURCE.splitlines().index('    raise ValueError("out of luck")') + 1


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of importable modules."""
    path = tmp_path_factory.mktemp("modules")
    (path / "strangers.py").write_text(SOURCE)
    (path / "halfway.py").write_text("import strangers\nimport no_such_thing\n")
    (path / "leaving.py").write_text("raise SystemExit(3)\n")
    (path / "borrowing.py").write_text("from strangers import array\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(path / "cache"))
        patch.syspath_prepend(path)
        yield path
    for name in ("strangers", "borrowing"):
        sys.modules.pop(name, None)


def foreign(name: str) -> ForeignCallable:
    return ForeignCallable(name if ":" in name else f"strangers:{name}", STEMS)


@pytest.mark.parametrize(
    "name",
    ["mapping", "array", "float32", "tensor", "Model", "model", "model.method", "fixed"],
)
def test_every_form_of_output_is_taken(name: str) -> None:
    estimate = foreign(name).separate(MIXTURE, rate=4, seed=0)

    assert estimate.stems == STEMS
    assert estimate.audio.dtype == np.float64
    assert estimate.audio == pytest.approx(np.stack([MIXTURE, MIXTURE / 4]), abs=1e-7)


def test_the_callable_gets_a_mixture_of_its_own() -> None:
    mixture = MIXTURE.copy()

    foreign("greedy").separate(mixture, rate=4, seed=0)

    assert mixture.tolist() == MIXTURE.tolist()


def test_a_seed_is_passed_to_those_who_take_it() -> None:
    separator = foreign("noise")

    first, again, other = (separator.separate(MIXTURE, rate=4, seed=n).audio for n in (1, 1, 2))

    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()
    assert separator.is_stochastic
    assert not foreign("array").is_stochastic


def test_a_class_is_built_once() -> None:
    import strangers  # type: ignore[import-not-found]  # see `folder`

    for _ in range(2):
        foreign("Counted").separate(MIXTURE, rate=4, seed=0)

    assert strangers.Counted.built == 1


def test_the_description_names_target_stems_and_source(folder: Path) -> None:
    digests = [
        hashlib.sha256((folder / f"{name}.py").read_bytes()).hexdigest()
        for name in ("borrowing", "strangers")
    ]

    assert foreign("borrowing:array").describe() == {
        "name": "callable",
        "version": 1,
        "target": "borrowing:array",
        "stems": ["bass", "drums"],
        "tag": "",
        "source_sha256": digests,
    }
    assert foreign("fixed").describe()["source_sha256"] == digests[1:]


def test_a_tag_is_part_of_the_description() -> None:
    tagged = ForeignCallable("strangers:array", STEMS, "v2").describe()

    assert tagged == {**foreign("array").describe(), "tag": "v2"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:f", "'no_such_module' cannot be imported: ModuleNotFoundError"),
        ("halfway:f", "'halfway' cannot be imported.*No module named 'no_such_thing'"),
        ("halfway:f", "(halfway.py:2)"),
        ("leaving:f", "'leaving' cannot be imported: SystemExit: 3 (leaving.py:1)"),
        ("nowhere", "'strangers' has no attribute 'nowhere'"),
        ("number", "is no callable; found int"),
        ("Broken", "the class cannot be built: FileNotFoundError: weights.bin"),
        ("Leaving", "the class cannot be built: SystemExit: no weights (strangers.py:"),
        ("raising", f"strangers:raising raised ValueError: out of luck (strangers.py:{RAISES})"),
        ("leaving", "strangers:leaving raised SystemExit: 3 (strangers.py:"),
        ("lists", "strangers:lists returned a list; return a mapping from stem"),
        ("several", "returned a tuple; return.*or one array.*in the order bass, drums"),
        ("lacking", "returned bass; it lacks drums"),
        ("short", r"expected [stem channel sample] = [2, 2, 4]; found [2, 2, 3]"),
        ("long", r"stem 'bass': expected [channel sample] = [2, 4]; found [2, 5]"),
        ("three", r"= [2, 2, 4]; found [3, 2, 4]"),
        ("flat", r"= [2, 2, 4]; found [2, 4]"),
        ("nothing", "expected a floating-point array.*found NoneType of object"),
        ("ragged", "stem 'bass': list cannot be read as an array"),
        ("integer", "found ndarray of int16"),
        ("undefined", "8 of 16 samples are NaN or infinite"),
    ],
)
def test_every_fault_is_named(name: str, message: str) -> None:
    pattern = ".*".join(re.escape(part) for part in message.split(".*"))

    with pytest.raises(SeparatorError, match=pattern):
        foreign(name).separate(MIXTURE, rate=4, seed=0)


def test_a_wrong_signature_is_not_blamed_on_a_line() -> None:
    with pytest.raises(SeparatorError, match=r"alone raised TypeError: .*given$"):
        foreign("alone").separate(MIXTURE, rate=4, seed=0)


def test_the_cause_of_a_foreign_error_is_kept() -> None:
    with pytest.raises(SeparatorError) as caught:
        foreign("raising").separate(MIXTURE, rate=4, seed=0)

    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("target", ["module", "module:", ":f", "a b:f", "a:b:c"])
def test_a_target_of_another_form_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="String should match pattern"):
        ForeignCallable(target, STEMS)
