"""Widgets over client and runners."""
