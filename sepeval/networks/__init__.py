"""Networks whose parameters bear the names of published checkpoints; nothing here reads a file."""
