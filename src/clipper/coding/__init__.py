"""Themes: the codebook, the examples, the classifier, and the tags that it gives."""
