"""What is said at the terminal and in logs: it moves no bit of a result."""
