"""The command line: one file a command, which parses options, calls one function and prints.

Only here does the program end, and only here is an import put off for the sake of a quick start.
"""
