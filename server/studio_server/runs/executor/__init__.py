"""Runs one tool in a process of its own: watched, limited and measured from outside."""
