"""The archive on disk: append-only JSON lines, locks, and the catalogue that finds things in them."""
