"""What to cite for a number: its protocol, where that comes from, the dataset, and this toolkit.

`citations.bib` holds the literature. A protocol is cited by its id and hash, which say what was
measured; the papers that it follows come with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from sepeval.errors import UnknownNameError
from sepeval.protocol import Protocol

_FILE = Path(__file__).with_name("citations.bib")
_ENTRY = re.compile(r"^@\w+\{(?P<key>\w+),\n.*?^\}$", re.MULTILINE | re.DOTALL)
_DATASETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "slakh2100": ("manilow2019",),
        "slakh2100_22050": ("manilow2019", "mariani2024"),
        "musdb18": ("musdb18",),
        "musdb18hq": ("musdb18hq",),
        "moisesdb": ("pereira2023",),
    }
)
# by the name of the protocol without its version
_PROTOCOLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bsseval-v3": ("vincent2006", "vincent2012"),
        "diff-vs-csdr": ("diffvs", "stoter2018"),
        "moisesdb-snr": ("watcharasupat2024",),
        "msst-sdr": ("solovyev2023",),
        "msst-si-sdr": ("solovyev2023", "leroux2019"),
        "msst-spectral": ("solovyev2023",),
        "musdb18-dicose": ("dicose", "leroux2019"),
        "musdb18-dicose-sdr": ("dicose", "stoter2018", "vincent2006"),
        "musdb18-median-mean": ("defossez2019", "stoter2018", "vincent2006"),
        "musdb18-shared-mask": ("stoter2018", "vincent2006"),
        "musdb18-sisec18": ("stoter2018", "vincent2006"),
        "musdb18-sisec18-stable": ("stoter2018", "vincent2006"),
        "musdb18-sisec18-vocals": ("stoter2018", "vincent2006"),
        "musdb18-usdr": ("mitsufuji2022", "fabbro2024"),
        "nussl-si-sdr": ("manilow2018", "leroux2019"),
        "silence-pes-eps": ("schulzeforster2019",),
        "slakh2100-active": ("mariani2024", "leroux2019"),
        "slakh2100-dicose": ("dicose", "mariani2024", "leroux2019"),
        "slakh2100-dicose-silence": ("dicose",),
        "slakh2100-msdm": ("mariani2024", "leroux2019"),
        "torchmetrics-si-sdr": ("detlefsen2022", "leroux2019"),
    }
)


def bibtex(*, protocols: Sequence[Protocol], datasets: Sequence[str]) -> str:
    """Return BibTeX entries for this toolkit, protocols and datasets, each once.

    Args:
        protocols: under which the numbers were made; one that is not released brings its
            sources as a note.
        datasets: names of dataset adapters; folders and generated music have no entry.
    """
    keys = [key for one in protocols for key in _PROTOCOLS.get(one.name, ())]
    keys += [key for name in datasets for key in _DATASETS.get(name, ())]
    known = entries()
    made = [_toolkit(), *map(_protocol, protocols)]
    return "\n\n".join([*made, *(known[key] for key in dict.fromkeys(keys))]) + "\n"


def entries() -> dict[str, str]:
    """Return the literature by key, as it stands in the file."""
    text = _FILE.read_text(encoding="utf-8")
    return {found["key"]: found.group() for found in _ENTRY.finditer(text)}


def checked_dataset(name: str) -> str:
    """Return the name of a dataset that has an entry.

    Raises:
        UnknownNameError: it has none.
    """
    if name not in _DATASETS:
        raise UnknownNameError(
            f"no citation for dataset {name!r}; there are {', '.join(_DATASETS)}"
        )
    return name


def _toolkit() -> str:
    from sepeval import __version__

    return (
        "@software{sepeval,\n  author = {{The sepeval developers}},\n"
        "  title = {sepeval: Reproducible Evaluation of Music Source Separation},\n"
        f"  version = {{{__version__}}},\n}}"
    )


def _protocol(protocol: Protocol) -> str:
    sources = "; ".join(protocol.sources)
    return (
        f"@misc{{{protocol.id},\n  author = {{{{The sepeval developers}}}},\n"
        f"  title = {{Evaluation protocol {{{protocol.id}}}: {_escaped(protocol.title)}}},\n"
        f"  note = {{hash {protocol.hash}; after {_escaped(sources)}}},\n}}"
    )


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
