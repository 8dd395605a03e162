"""Layers of confinement around a run, one module each; standard library only. See README.md."""
