"""What a person runs: each reads its arguments, calls the library and prints."""
