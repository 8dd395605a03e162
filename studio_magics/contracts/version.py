"""The version of the distribution, in one place; kernel and server report it."""

__version__ = "0.1.0"
