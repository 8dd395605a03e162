"""Tools of the cyber studio."""
