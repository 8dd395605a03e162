"""Pages for people in a browser: after a payment, and what can be bought."""
