"""Prices, estimates, quotes and charges: pure functions over integers."""
