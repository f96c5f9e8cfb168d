"""Fuzzing: what the tests here and ``bench/fuzz.py`` share."""
