"""Payments: orders, what the provider says about them, and the ledger moved to what that implies."""
