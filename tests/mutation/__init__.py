"""Mutation testing of money's pure code: small changes, one at a time, that some test must notice.

Owns: making mutants, running the tests against each in a fork of one warm process, the score and its page.
Does not own: the tests. `python -m tests.mutation` runs all of it.
"""
