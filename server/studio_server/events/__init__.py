"""Pushing changes to whoever listens: one bounded queue per open stream."""
