"""The outside world to an article: feeds, pages, files, robots.txt, extraction."""
