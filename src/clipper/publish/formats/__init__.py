"""The formats in which articles are given out, one a file."""
