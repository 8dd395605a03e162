"""Draws estimates, receipts, results and refusals as MIME bundles."""
