"""One number to decide by, and the figures that explain it."""
