"""Adapters: a folder on disk goes in, an index of its tracks comes out."""
