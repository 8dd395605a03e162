# Every target is one call of scripts/run; what it does is written in scripts/*.py.
# Variables: HEADLESS=1 (make lab without a browser), PAYMENTS=fake (make lab with a fake Stripe), PYTHON=python3.12 (which Python the environment is made with).
# make prove takes N=long, SEED=…, ONLY=… and counts such as SIMULATION=20000000; see docs/proof.md.

export HEADLESS PAYMENTS PYTHON

TARGETS := help lab test setup lint types unit browser notebooks prove mutation bench docs doctor lock wheel clean

.PHONY: $(TARGETS)
.DEFAULT_GOAL := help

$(TARGETS):
	@scripts/run $@
