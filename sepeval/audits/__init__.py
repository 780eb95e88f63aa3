"""What a number hides: plain functions from stored data to findings, each with its evidence."""
