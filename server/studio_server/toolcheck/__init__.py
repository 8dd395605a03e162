"""Tells the author of a tool what is wrong with it, before a server does; see README.md."""
