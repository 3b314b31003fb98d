"""Messages at the terminal and in logs, which change no bit of a result."""
