"""`python -m sepeval` is the command line."""

from sepeval.cli import main

main()
