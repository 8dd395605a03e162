"""What the examples of the tools use in the sandbox, beside forecast and price."""
