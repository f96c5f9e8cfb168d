"""clipper: a news-clipping archiver and classifier for people who follow health policy."""

__version__ = "0.1.0"
