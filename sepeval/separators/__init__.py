"""Separators: a mixture goes in, estimates of its stems come out."""
