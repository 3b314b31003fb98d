"""What makes runs repeat, and what proves that they do. Imports no other room."""
