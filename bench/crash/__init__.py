"""Crashes and faults under real clipper processes, and what they leave: see ``__main__``."""
