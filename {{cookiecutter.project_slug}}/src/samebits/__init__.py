"""A deep-learning project whose results reproduce bit for bit."""
