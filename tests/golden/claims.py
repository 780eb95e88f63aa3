"""What is compared with what: numbers of the original codes, and the protocols that claim them.

The golden files hold tracks of 22.05 kHz mono with the stems of Slakh2100. Where a shipped protocol
names other stems, or cuts other windows, that field alone is replaced, and the table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.shared_data import SEGMENT, STEMS

SINGLE_DB = 1e-4  # codes that add in single precision, below `CEILING_DB`
CEILING_DB = 60.0  # above it a number in single precision is made of rounding
NORM_DB = 2e-3  # DiCoSe's SDR and level: a norm in single precision, summed with little care
MEDIAN_DB = 1e-5  # medians that DiCoSe takes in single precision
PRINTED_DB = 1e-6  # codes in double precision: the golden files hold nine digits
EXACT_DB = 1e-9  # the same arithmetic in another order

STEMS_ONLY: dict[str, Any] = {"stems": {stem: [stem] for stem in STEMS}}
WINDOWS: dict[str, Any] = {
    "windows": {
        "kind": "sliding",
        "length_s": 4.0,
        "hop_s": 2.0,
        "tail": "partial",
        "shorter": "as_tail",
    }
}


def segments(min_active: int) -> dict[str, Any]:
    """Return the part `segments` for the files that the golden tracks are joined from."""
    rule = {"length": SEGMENT, "length_s": None, "tail": "drop", "min_active": min_active}
    return {"segments": rule}


@dataclass(frozen=True)
class Number:
    """Values of one kind.

    Attributes:
        name: as the table says it.
        metric: entry of the protocol.
        column: of the rows in the golden file; with `{stem}`, a name among its aggregates.
        summary: of the protocol, where the values are reductions of others.
        all_stems: name among the aggregates of the number over all stems.
        only: what a row, or an entry of the aggregates, must hold.
    """

    name: str
    metric: str
    column: str
    summary: str = ""
    all_stems: str = ""
    only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """Numbers that a protocol says are those of an original code: a row of the table.

    Attributes:
        code: whose.
        protocol: name of the released protocol.
        document: the golden file.
        tolerance: in dB.
        numbers: which.
        changes: fields of the protocol that are replaced.
        part: of the file, where its rows are not in `rows`.
    """

    code: str
    protocol: str
    document: str
    tolerance: float
    numbers: tuple[Number, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""


def _dicose() -> list[Claim]:
    code, main, document = "DiCoSe", "slakh2100-dicose", "dicose"
    scored: dict[str, Any] = {"only": {"msdm_style": True}}
    left_out: dict[str, Any] = {"only": {"msdm_style": False}}
    mean: dict[str, Any] = {**scored, "summary": "mean"}
    silent: dict[str, Any] = {**scored, "summary": "mean on silent references"}
    total: dict[str, Any] = {"summary": "mean", "all_stems": "msdm_si_sdr_avg"}
    inside = {**STEMS_ONLY, **segments(2)}
    medians = (
        Number(
            "flat medians of museval's SDR",
            "sdr",
            "museval_sdr/{stem}/median",
            "flat median",
            "sdr_avg",
            **scored,
        ),
        Number(
            "medians of medians",
            "sdr",
            "museval_sdr/{stem}/per_track_median",
            "median of medians",
            "sdr_median_of_medians",
            **scored,
        ),
    )
    active = (
        Number("SI-SDRi of active stems", "si_sdri", "msdm_si_sdr_style_false"),
        Number("means", "si_sdri", "msdm_si_sdr/{stem}", **total, **left_out),
    )
    plain = (
        Number("SI-SDRi", "si_sdri", "msdm_si_sdr_style_true"),
        Number("SI-SDR", "si_sdr", "si_sdr"),
        Number("SI-SNR", "si_snr", "si_snr"),
        Number("means", "si_sdri", "msdm_si_sdr/{stem}", **total, **scored),
        Number("means", "si_sdr", "si_sdr/{stem}", **mean),
        Number("means", "si_snr", "si_snr/{stem}", **mean),
    )
    norms = (
        Number("SDR", "sdr", "sdr"),
        Number("SDR and RMS on silence", "sdr_silent", "sdr", only={"silent": 1}),
        Number("SDR and RMS on silence", "output_rms_silent", "output_rms_silent"),
        Number("means", "sdr", "sdr/{stem}", **mean),
        Number("means", "sdr_silent", "sdr_silent/{stem}", **silent),
        Number("means", "output_rms_silent", "output_rms_silent/{stem}", **silent),
    )
    frames = (
        Number("SIR", "sir_silent", "sir_silent"),
        Number("SAR on silence", "sar_silent", "sar_silent"),
        Number("means", "sir_silent", "sir_silent/{stem}/mean", **mean),
        Number("means", "sar_silent", "sar_silent/{stem}/mean", **mean),
    )
    silence = "slakh2100-dicose-silence"
    return [
        Claim(code, main, document, SINGLE_DB, plain),
        Claim(code, main, document, NORM_DB, norms),
        Claim(code, silence, document, SINGLE_DB, frames, part="silent_frames"),
        Claim(code, "slakh2100-active", document, SINGLE_DB, active, segments(2)),
        Claim(code, "musdb18-dicose", document, SINGLE_DB, active, inside),
        Claim(code, "musdb18-dicose-sdr", document, MEDIAN_DB, medians, inside),
    ]


def _museval() -> list[Claim]:
    code, document = "museval", "museval_track"

    def numbers(names: Mapping[str, str]) -> tuple[Number, ...]:
        plain = [Number(name, metric, name) for name, metric in names.items()]
        medians = [
            Number(
                "medians of medians",
                metric,
                f"{name}/{{stem}}/median_of_track_medians",
                "median of medians",
                f"{name}/All/median_of_track_medians",
            )
            for name, metric in names.items()
        ]
        return (*plain, *medians)

    ratios = ("SDR", "ISR", "SIR", "SAR")
    sisec = numbers({name: name.lower() for name in ratios})
    stable = numbers({name: f"{name.lower()}_stable" for name in ratios[1:]})
    inside = {**STEMS_ONLY, **segments(0)}
    frames = (Number("SDR inside segments", "sdr", "SDR"),)
    return [
        Claim(code, "musdb18-sisec18", document, PRINTED_DB, sisec, STEMS_ONLY),
        Claim(code, "musdb18-sisec18-stable", document, PRINTED_DB, stable, STEMS_ONLY),
        Claim(code, "musdb18-dicose-sdr", "museval_segment", PRINTED_DB, frames, inside),
    ]


def _mdx() -> list[Claim]:
    def claim(
        bits: int, name: str, tolerance: float, changes: Mapping[str, Any], *, joined: bool
    ) -> Claim:
        one = Number(f"{name}, float{bits}", "sdr", f"nsdr_float{bits}", only={"joined": joined})
        means = Number("means", "sdr", "mean_over_tracks/{stem}", "mean", "mean_over_tracks/All")
        numbers = (one, means) if joined and bits == 64 else (one,)
        changes = {**STEMS_ONLY, **changes}
        return Claim("MDX and SDX", "musdb18-usdr", "mdx_nsdr", tolerance, numbers, changes)

    return [
        claim(64, "SDR of tracks", PRINTED_DB, {}, joined=True),
        claim(32, "SDR of tracks", SINGLE_DB, {}, joined=True),
        claim(64, "SDR of segments", PRINTED_DB, segments(0), joined=False),
        claim(32, "SDR of segments", SINGLE_DB, segments(0), joined=False),
    ]


def _msst() -> list[Claim]:
    found = []
    for name, metric in (("SDR", "sdr"), ("SI-SDR", "si_sdr")):
        means = Number(
            "means",
            metric,
            f"{metric}/{{stem}}/mean_over_tracks",
            "mean",
            f"{metric}/All/mean_over_tracks",
        )
        for bits, tolerance in ((64, PRINTED_DB), (32, SINGLE_DB)):
            one = Number(f"{name}, float{bits}", metric, f"{metric}_float{bits}")
            numbers = (one, means) if bits == 64 else (one,)
            protocol = f"msst-{metric.replace('_', '-')}"
            found.append(Claim("MSST", protocol, "msst", tolerance, numbers))
    return found


def _torchmetrics() -> list[Claim]:
    code, protocol = "torchmetrics", "torchmetrics-si-sdr"
    single = (
        Number("SI-SDR", "si_sdr", "si_sdr_float32"),
        Number("SI-SNR", "si_snr", "si_snr_float32"),
        Number("SNR, float32", "snr", "snr_float32"),
    )
    double = (
        Number("SI-SDR", "si_sdr_float64", "si_sdr_float64"),
        Number("SNR, float64", "snr_float64", "snr_float64"),
    )
    return [
        Claim(code, protocol, "torchmetrics", SINGLE_DB, single, WINDOWS),
        Claim(code, protocol, "torchmetrics", PRINTED_DB, double, WINDOWS),
    ]


def _pes() -> list[Claim]:
    code, protocol = "wiass", "silence-pes-eps"
    tracks = (
        Number("PES in tracks", "pes", "pes", only={"joined": True}),
        Number("means", "pes", "track_frames/{stem}/mean", "mean"),
    )
    inside = (Number("PES in segments", "pes", "pes", only={"joined": False}),)
    return [
        Claim(code, protocol, "pes", PRINTED_DB, tracks),
        Claim(code, protocol, "pes", PRINTED_DB, inside, segments(0)),
    ]


_MSDM = (
    Number("SI-SDRi", "si_sdri", "si_snr_improvement"),
    Number("means", "si_sdri", "mean/{stem}", "mean", "mean/All"),
)
CLAIMS = (
    Claim("MSDM", "slakh2100-msdm", "msdm", SINGLE_DB, _MSDM),
    *_dicose(),
    *_museval(),
    *_mdx(),
    *_msst(),
    *_torchmetrics(),
    *_pes(),
)
