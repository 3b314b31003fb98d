"""Ideas as DVC experiments: what to try, and the search over it."""
