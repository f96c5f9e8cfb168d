"""Collections that people already have: files of every kind to the articles in them. No network, no archive."""
