"""Arrays in, arrays out: no files, no clock, no logging, no randomness, no state."""
