"""Every command asked again in every way: it takes effect once."""
