"""Stripe, and nothing else, is spoken to here: the only modules that import its client."""
