"""Which tools and plans exist, with limits and prices: data, checked at start."""
