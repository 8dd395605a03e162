"""Tools of the data studio."""
