"""Chained events, their reading, statistics, and the journal replayed. See README.md."""
