"""Finding articles: the query language, the index, and what a result shows."""
