"""What is compared with what: numbers of the original codes, and the protocols that claim them.

The golden files hold tracks of 22.05 kHz mono with the stems of Slakh2100. Where a shipped protocol
names other stems, or cuts other windows, that field alone is replaced, and the table says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.shared_data import SEGMENT, STEMS

MSDM = "MSDM `evaluate_separations`"
DICOSE = "DiCoSe `ClassCondSeparateTrackSampleLogger`"
MSST = "MSST `utils/metrics.py`"
MDX = "MDX, SDX `new_sdr`"
TORCHMETRICS = "torchmetrics functional"
MUSEVAL = "museval `evaluate`"
WIASS = "wiass PES"
NUSSL = "nussl `BSSEvalScale`"

SINGLE_DB = 1e-4  # codes that add in single precision, below `CEILING_DB`
CEILING_DB = 60.0  # above it a number in single precision is made of rounding
NORM_DB = 2e-3  # DiCoSe's `sdr` and level: a norm in single precision, summed with little care
MEDIAN_DB = 1e-5  # medians that DiCoSe takes in single precision
PRINTED_DB = 1e-6  # codes in double precision: the golden files hold nine digits
MUSEVAL_DB = 1e-6
EXACT_DB = 1e-9

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
class Claim:
    """Numbers that a protocol says are those of an original code.

    Attributes:
        code: whose.
        number: what is compared, as the table says it; of aggregates, which.
        protocol: name of the released protocol.
        metric: its entry.
        document: the golden file.
        column: of the rows in it; with `{stem}`, a name among its aggregates.
        tolerance: in dB.
        changes: fields of the protocol that are replaced.
        part: of the file, where its rows are not in `rows`.
        all_stems: name among the aggregates of the number over all stems.
        summary: name of the protocol's summary, for aggregates.
        only: what a row, or an entry of the aggregates, must hold.
    """

    code: str
    number: str
    protocol: str
    metric: str
    document: str
    column: str
    tolerance: float
    changes: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""
    all_stems: str = ""
    summary: str = ""
    only: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_aggregate(self) -> bool:
        """Whether the numbers are reductions of others."""
        return bool(self.summary)


def _dicose() -> list[Claim]:
    def windows(number: str, metric: str, column: str, tolerance: float) -> Claim:
        only = {"silent": 1} if metric == "sdr_silent" else {}
        return Claim(
            DICOSE, number, "slakh2100-dicose", metric, "dicose", column, tolerance, only=only
        )

    def means(number: str, metric: str, logged: str, tolerance: float, summary: str) -> Claim:
        return Claim(
            DICOSE,
            number,
            "slakh2100-dicose",
            metric,
            "dicose",
            f"{logged}/{{stem}}",
            tolerance,
            all_stems="msdm_si_sdr_avg" if metric == "si_sdri" else "",
            summary=summary,
            only={"msdm_style": True},
        )

    silent = "mean on silent references"
    active: dict[str, Any] = {"protocol": "slakh2100-active", "metric": "si_sdri"}
    active |= {"document": "dicose", "tolerance": SINGLE_DB, "changes": segments(2)}
    frames: dict[str, Any] = {"protocol": "slakh2100-dicose-silence", "document": "dicose"}
    medians: dict[str, Any] = {"protocol": "musdb18-dicose-sdr", "metric": "sdr"}
    medians |= {"document": "dicose", "tolerance": MEDIAN_DB, "only": {"msdm_style": True}}
    medians |= {"changes": {**STEMS_ONLY, **segments(0)}}
    return [
        windows("SI-SDRi", "si_sdri", "msdm_si_sdr_style_true", SINGLE_DB),
        means("SI-SDRi, means", "si_sdri", "msdm_si_sdr", SINGLE_DB, "mean"),
        Claim(DICOSE, "SI-SDRi, active stems", column="msdm_si_sdr_style_false", **active),
        Claim(
            DICOSE,
            "SI-SDRi, active stems, means",
            column="msdm_si_sdr/{stem}",
            all_stems="msdm_si_sdr_avg",
            summary="mean",
            only={"msdm_style": False},
            **active,
        ),
        windows("SDR", "sdr", "sdr", NORM_DB),
        means("SDR, means", "sdr", "sdr", NORM_DB, "mean"),
        windows("SI-SDR", "si_sdr", "si_sdr", SINGLE_DB),
        windows("SI-SNR", "si_snr", "si_snr", SINGLE_DB),
        means("SI-SNR, means", "si_snr", "si_snr", SINGLE_DB, "mean"),
        windows("SDR on silence", "sdr_silent", "sdr", NORM_DB),
        means("SDR on silence, means", "sdr_silent", "sdr_silent", NORM_DB, silent),
        windows("RMS on silence", "output_rms_silent", "output_rms_silent", SINGLE_DB),
        means("RMS on silence, means", "output_rms_silent", "output_rms_silent", SINGLE_DB, silent),
        *(
            Claim(
                DICOSE,
                f"{name.upper()} on silence",
                metric=f"{name}_silent",
                column=f"{name}_silent",
                part="silent_frames",
                tolerance=SINGLE_DB,
                **frames,
            )
            for name in ("sir", "sar")
        ),
        *(
            Claim(
                DICOSE,
                f"{name.upper()} on silence, means",
                metric=f"{name}_silent",
                column=f"{name}_silent/{{stem}}/mean",
                summary="mean",
                only={"msdm_style": True},
                tolerance=SINGLE_DB,
                **frames,
            )
            for name in ("sir", "sar")
        ),
        Claim(
            DICOSE,
            "museval's SDR, flat medians",
            column="museval_sdr/{stem}/median",
            all_stems="sdr_avg",
            summary="flat median",
            **medians,
        ),
        Claim(
            DICOSE,
            "museval's SDR, medians of medians",
            column="museval_sdr/{stem}/per_track_median",
            all_stems="sdr_median_of_medians",
            summary="median of medians",
            **medians,
        ),
    ]


def _msst() -> list[Claim]:
    found = []
    for number, metric in (("SDR", "sdr"), ("SI-SDR", "si_sdr")):
        one: dict[str, Any] = {"metric": metric, "document": "msst"}
        one["protocol"] = f"msst-{metric.replace('_', '-')}"
        for bits, tolerance in ((64, PRINTED_DB), (32, SINGLE_DB)):
            column = f"{metric}_float{bits}"
            name = f"{number}, float{bits}"
            found.append(Claim(MSST, name, column=column, tolerance=tolerance, **one))
        found.append(
            Claim(
                MSST,
                f"{number}, means",
                column=f"{metric}/{{stem}}/mean_over_tracks",
                all_stems=f"{metric}/All/mean_over_tracks",
                summary="mean",
                tolerance=PRINTED_DB,
                **one,
            )
        )
    return found


def _mdx() -> list[Claim]:
    one: dict[str, Any] = {"protocol": "musdb18-usdr", "metric": "sdr", "document": "mdx_nsdr"}
    found = [
        Claim(
            MDX,
            f"SDR of {what}, float{bits}",
            column=f"nsdr_float{bits}",
            tolerance=tolerance,
            changes={**STEMS_ONLY, **changes},
            only={"joined": joined},
            **one,
        )
        for what, joined, changes in (("tracks", True, {}), ("segments", False, segments(0)))
        for bits, tolerance in ((64, PRINTED_DB), (32, SINGLE_DB))
    ]
    means = Claim(
        MDX,
        "SDR of tracks, means",
        column="mean_over_tracks/{stem}",
        all_stems="mean_over_tracks/All",
        summary="mean",
        tolerance=PRINTED_DB,
        changes=STEMS_ONLY,
        **one,
    )
    return [*found, means]


def _torchmetrics() -> list[Claim]:
    shared: dict[str, Any] = {"protocol": "torchmetrics-si-sdr", "document": "torchmetrics"}
    names = {"si_sdr": "SI-SDR", "si_snr": "SI-SNR", "snr": "SNR"}
    found = []
    for metric, name in names.items():
        one = {**shared, "changes": WINDOWS}
        single = {"metric": metric, "column": f"{metric}_float32", "tolerance": SINGLE_DB}
        found.append(Claim(TORCHMETRICS, f"{name}, float32", **one, **single))
        if metric != "si_snr":  # the protocol shows what changes by the other two
            column = f"{metric}_float64"
            double = {"metric": column, "column": column, "tolerance": PRINTED_DB}
            found.append(Claim(TORCHMETRICS, f"{name}, float64", **one, **double))
    return found


def _museval() -> list[Claim]:
    shared: dict[str, Any] = {"tolerance": MUSEVAL_DB, "protocol": "musdb18-sisec18"}
    found = []
    for name in ("SDR", "ISR", "SIR", "SAR"):
        one = {**shared, "metric": name.lower(), "changes": STEMS_ONLY, "document": "museval_track"}
        medians = {
            "column": f"{name}/{{stem}}/median_of_track_medians",
            "all_stems": f"{name}/All/median_of_track_medians",
            "summary": "median of medians",
        }
        found.append(Claim(MUSEVAL, name, column=name, **one))
        found.append(Claim(MUSEVAL, f"{name}, medians of medians", **one, **medians))
    inside = {"metric": "sdr", "changes": {**STEMS_ONLY, **segments(0)}, "column": "SDR"}
    inside |= {"document": "museval_segment", "tolerance": MUSEVAL_DB}
    found.append(Claim(MUSEVAL, "SDR inside segments", protocol="musdb18-dicose-sdr", **inside))
    return found


def _pes() -> list[Claim]:
    one: dict[str, Any] = {"protocol": "silence-pes-eps", "metric": "pes", "document": "pes"}
    one["tolerance"] = PRINTED_DB
    tracks, parts = {"only": {"joined": True}}, {"only": {"joined": False}}
    return [
        Claim(WIASS, "frames of tracks", column="pes", **one, **tracks),
        Claim(WIASS, "frames of segments", column="pes", changes=segments(0), **one, **parts),
        Claim(
            WIASS,
            "frames of tracks, means",
            column="track_frames/{stem}/mean",
            summary="mean",
            **one,
        ),
    ]


CLAIMS = (
    Claim(
        MSDM, "SI-SDRi", "slakh2100-msdm", "si_sdri", "msdm", "si_snr_improvement", SINGLE_DB
    ),
    Claim(
        MSDM,
        "SI-SDRi, means",
        "slakh2100-msdm",
        "si_sdri",
        "msdm",
        "mean/{stem}",
        SINGLE_DB,
        all_stems="mean/All",
        summary="mean",
    ),
    *_dicose(),
    *_museval(),
    *_mdx(),
    *_msst(),
    *_torchmetrics(),
    *_pes(),
)
