"""A card its owner asked to keep: charged at once, or by itself when little is left."""
