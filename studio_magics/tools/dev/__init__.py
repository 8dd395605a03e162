"""Tools of the dev studio."""
