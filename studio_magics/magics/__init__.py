"""Parses `%studio`, calls, displays."""
