"""Talks to the credit server: finds it, sends contracts, turns problems into exceptions."""
