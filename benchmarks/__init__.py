"""Side-by-side speed: `python -m benchmarks`. Ratios between candidates of one run, never times alone."""
