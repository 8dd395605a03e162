"""An isolated, deterministic server for people who test notebooks."""
