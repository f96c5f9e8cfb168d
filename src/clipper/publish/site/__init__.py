"""The static site: pages, lists, feeds and an index for the browser, of which only what changes is written."""
