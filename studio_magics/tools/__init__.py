"""The tools: input model, forecast and run of each, free of money, HTTP and notebooks."""
