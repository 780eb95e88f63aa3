"""The only package that touches runs on disk.

    runs/<separator>--<dataset>-<split>--<8 hex>/
      manifest.json                              identity, environment, parts with SHA-256
      places.json                                where references and estimates lay; not hashed
      cells/<layout>/<nnnn>-<track>.parquet      statistics, one file per track
      measured/<key>/<nnnn>-<track>.parquet      energies of metrics that need the audio
      timings/<nnnn>-<track>.parquet             seconds per call
      estimates/<track>/<stem>.wav               on request
      scores/<protocol>.v<n>.parquet             derived; may be deleted and made again

Every file is written whole under another name and then renamed.
"""

from sepeval.store.manifest import Manifest, MetricRecord, TrackRecord
from sepeval.store.run import Run, create, find_runs, open_run

__all__ = ["Manifest", "MetricRecord", "Run", "TrackRecord", "create", "find_runs", "open_run"]
