"""`make prove`: run the harness of every law in a process of its own and write the result to docs/proof.md.

Owns: counts, seeds, processes, records and the page. Does not own: what a harness tries and how it knows
right from wrong (tests/laws/<harness>), which hand back a `Tally`.
"""
