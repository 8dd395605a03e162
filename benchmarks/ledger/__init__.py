"""What the ledger does per second, next to what its databases and its HTTP server can do at most."""
