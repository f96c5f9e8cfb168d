"""How much, from where, which themes, over time: a change of the archive is not told as one of the news."""
