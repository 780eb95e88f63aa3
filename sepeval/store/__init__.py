"""The only package that touches runs on disk.

    runs/<separator>--<dataset>-<split>--<8 hex>/
      manifest.json                              identity, environment, parts with SHA-256
      places.json                                where references and estimates lay; in no identity
      cells/<layout>/<nnnn>-<track>.parquet      statistics, one file per track
      measured/<key>/<nnnn>-<track>.parquet      energies of metrics that need the audio
      timings/<nnnn>-<track>.parquet             seconds per call
      estimates/<track>/<stem>.wav               on request
      scores/<protocol>.v<n>.parquet             derived; may be deleted and made again
      lock                                       who writes into the run, while it does

Every file is written whole under another name, synced, and then renamed. All but the estimates
carry their schema and the SHA-256 of their own bytes. The manifest of a complete run names the
SHA-256 of every file, and a file that is not the one it names is read by nobody; tables also tell
the run and the place that they were written for.
"""

from sepeval.store.manifest import Manifest, MetricRecord, TrackRecord
from sepeval.store.run import Run, create, find_runs, open_run, run_folders

__all__ = [
    "Manifest",
    "MetricRecord",
    "Run",
    "TrackRecord",
    "create",
    "find_runs",
    "open_run",
    "run_folders",
]
