"""Numbers as text: for a terminal, Markdown, CSV, JSON, HTML, LaTeX.

scores        systems x stems under one protocol: blocks, formats, latex; literature, marks
side_by_side  one run under every protocol, with protocols_apart: what they do differently
comparison    systems against a baseline
timing        times of separators: timing_rows, published_times, and timed_quality
silence       what silent references do to a number
sweep         which numbers of a sweep are shown
"""
