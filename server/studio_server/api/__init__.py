"""HTTP in, contracts out: one file per resource, `routes.py` is the whole URL table."""
