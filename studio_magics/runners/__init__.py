"""Runs tools here for nothing, or on the server with a quote."""
