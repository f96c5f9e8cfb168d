"""From the archive to readers: selections, digests, exports, statistics, a site."""
