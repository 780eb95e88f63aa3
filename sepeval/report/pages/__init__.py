"""The report: a folder that opens from disk, without a server and without the network.

    index.html                   summary, tables, comparison, tracks, figures, findings, provenance
    rows.html                    the rows behind a number
    tracks/<group>/<track>.html  player, timeline, waveforms, spectrograms
    data/                        scores and envelopes, as scripts: a page from disk reads no others
    pictures/  figures/  audio/  assets/
    contents.json                every file that belongs to the report

overview     the first page, and everything it leads to
sections     runs that measured the same audio under one protocol: numbers, figures, errors
glance       the first numbers of all sections
comparing    systems against a baseline
closer       track against track, one track over time, gains on silence, protocols apart
ranking      which tracks to look at first
rows         the score rows of a section, packed; scripts: how data reach a page from disk
audited      what audits find
listening    what of the audio is in the report; hearing: where it lies; tracks: what is written
waveforms, spectrograms, png   pictures of audio
provenance   runs and protocols as documents
folder       what was written, so that nothing old stays
"""

from sepeval.report.pages.overview import page

__all__ = ["page"]
