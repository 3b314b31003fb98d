"""Commands for people that are not stages: each reads its arguments and calls the library."""
