"""The only place where money meets work: offers, runs, their states, receipts and artefacts."""
