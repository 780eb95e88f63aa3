"""Figures, each the answer to one question; a long one is two files: numbers, and their drawing.

kinds          which figures `plot` makes of scores
tracks         every track of every system
silent_scores  what silent stems contribute to a number
scatter        track against track: paired_tracks, scatter_charts
timeline       one track over time: lanes, timeline_charts
comparison     differences with intervals; ranks, the critical-difference diagram
quality        quality over the cost that runs store: cost_chart
timing         quality over measured times
rosetta        protocols against each other: rosetta_chart
sweep          the score over a setting
silence        where gains are made, and what a score on silence is
threshold      a number over the level of silence
"""
