"""Connections for runs: a run asks, the broker resolves, checks and connects; see README.md."""
