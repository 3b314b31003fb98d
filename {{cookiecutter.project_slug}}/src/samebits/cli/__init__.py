"""Verbs for people: each reads its arguments and calls the library."""
