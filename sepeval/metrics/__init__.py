"""Metrics: functions of stored statistics, one score per stem and window."""
